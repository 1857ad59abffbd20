using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using System.Threading.RateLimiting;
using Demo.Echo;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Tests.Authorization;
using Twin;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>The table "What reports a refusal" of docs/events.md: whether a refused call has events on the server, how it is counted, and what is logged.</summary>
public sealed class RefusalReportTests
{
    private const string Counter = "thriftstreams.server.refused_calls";
    private const string Unknown = "an unknown service or method";
    private const string DeniedOverGrpc = "credentials are missing";
    private const string Denied = "the same over other transports";
    private const string Limit = "a [limit](limits.md) of calls";
    private const string LimiterOverGrpc = "ASP.NET Core's rate limiter: over gRPC";
    private const string Limiter = "ASP.NET Core's rate limiter: over other transports";
    private const string TooLarge = "a message that is too large: over gRPC, or in a stream";
    private const string TooLargePingPong = "a message that is too large: in a ping-pong request";
    private const string Undecodable = "a request that cannot be decoded";
    private const string ContentType = "a content type of gRPC";

    [Theory]
    [InlineData(Unknown, ThriftTransport.Grpc)]
    [InlineData(Unknown, ThriftTransport.TTHeaderStreaming)]
    [InlineData(Unknown, ThriftTransport.TTHeader)]
    [InlineData(DeniedOverGrpc, ThriftTransport.Grpc)]
    [InlineData(Denied, ThriftTransport.TTHeaderStreaming)]
    [InlineData(Denied, ThriftTransport.TTHeader)]
    [InlineData(Limit, ThriftTransport.Grpc)]
    [InlineData(Limit, ThriftTransport.TTHeaderStreaming)]
    [InlineData(Limit, ThriftTransport.TTHeader)]
    [InlineData(LimiterOverGrpc, ThriftTransport.Grpc)]
    [InlineData(Limiter, ThriftTransport.TTHeaderStreaming)]
    [InlineData(Limiter, ThriftTransport.TTHeader)]
    [InlineData(TooLarge, ThriftTransport.Grpc)]
    [InlineData(TooLarge, ThriftTransport.TTHeaderStreaming)]
    [InlineData(TooLargePingPong, ThriftTransport.TTHeader)]
    [InlineData(Undecodable, ThriftTransport.Grpc)]
    [InlineData(ContentType, ThriftTransport.Grpc)]
    public async Task Refusal_IsReported_AsThePageSays(string refusal, ThriftTransport transport)
    {
        var (hasEvents, isCounted, ids) = await RowAsync(refusal);
        using var counted = new Measurements(Counter);
        var (log, events) = (new LogCollector(LogLevel.Debug), new EventCollector());
        await using var application = await StartAsync(refusal, log);
        using var subscription = application.Services.GetRequiredService<IObservable<ThriftStreamEvent>>().Subscribe(events);

        await RefuseAsync(refusal, transport, application.Endpoint());

        if (hasEvents)
        {
            await events.FinishedAsync();
            Assert.True(events.Finish.Failed);
        }
        else
        {
            Assert.Empty(events.All);
        }

        await Until(() => OfRefusals().Count() >= ids.Length);
        Assert.Equal(ids, OfRefusals());
        Assert.Equal(isCounted, counted.All.Any(m => m["rpc.method"] is string method && method.StartsWith("echo.TestService/", StringComparison.Ordinal) && Equals(m["thriftstreams.refusal"], refusal is Limiter or LimiterOverGrpc ? "limiter" : "rule")));

        // Begin and end of observed calls, and of connections, are logged at Debug too.
        IEnumerable<int> OfRefusals() => log.Entries.Where(static entry => entry is { Level: > LogLevel.Debug } or { Id: 12 }).Select(static entry => entry.Id);
    }

    private static async Task<(bool HasEvents, bool IsCounted, int[] Ids)> RowAsync(string refusal)
    {
        var page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "events.md"), TestContext.Current.CancellationToken);
        var cells = Assert.Single(page, line => line.StartsWith($"| {refusal}", StringComparison.Ordinal)).Split(" | ");
        return (cells[1].StartsWith("yes", StringComparison.Ordinal), cells[2].Contains(Counter, StringComparison.Ordinal), [.. Regex.Matches(cells[3], @"\d+").Select(static id => int.Parse(id.Value, System.Globalization.CultureInfo.InvariantCulture))]);
    }

    private static Task<WebApplication> StartAsync(string refusal, LogCollector log) => ThriftApplication.StartAsync(
        static listen => listen.UseThriftStreams(),
        application =>
        {
            var service = application.MapThriftService<ITestService, EchoService>();
            if (refusal is Denied or DeniedOverGrpc)
            {
                service.RequireAuthorization();
            }

            if (refusal is Limiter or LimiterOverGrpc)
            {
                application.UseRateLimiter();
                service.RequireRateLimiting("none");
            }
        },
        services =>
        {
            services.AddLogging(logging => logging.AddProvider(log).AddFilter("Rx.ThriftStreams.Tests", LogLevel.None).SetMinimumLevel(LogLevel.Debug)).AddAuthorization();
            services.AddAuthentication(nameof(Scheme.ApiKey)).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(nameof(Scheme.ApiKey), null);
            services.AddRateLimiter(limits => limits.AddPolicy<string, NothingPolicy>("none"));
            services.Configure<ThriftServerOptions>(options =>
            {
                options.Limits.MaxReceiveMessageSize = 1024;
                if (refusal == Limit)
                {
                    options.RejectRules.Add(static _ => new("not now"));
                }
            });
        });

    private static async Task RefuseAsync(string refusal, ThriftTransport transport, IPEndPoint server)
    {
        if (refusal is Undecodable or ContentType)
        {
            await PostAsync(server, refusal == ContentType ? "application/grpc+proto" : "application/grpc+thrift");
            return;
        }

        var isPingPong = transport == ThriftTransport.TTHeader;
        await using var channel = PatientChannel.ForAddress($"ttheader://{server}", new() { StreamTransport = isPingPong ? null : transport });
        var client = new TestServiceClient(channel);
        var request = new Request { Message = new string('x', refusal is TooLarge or TooLargePingPong ? 2048 : 1) };
        var token = TestContext.Current.CancellationToken;
        await Assert.ThrowsAsync<ThriftStatusException>(async () =>
        {
            await (refusal == Unknown ? CallUnknownAsync()
                : isPingPong ? client.EchoPingPongAsync(request, token)
                : client.EchoServerAsync(request, token).FirstAsync(token).AsTask()).Soon();
        });

        Task CallUnknownAsync() => isPingPong
            ? new UnknownMethodClient(channel, "Nothing", "Get").CallAsync(token)
            : new ThriftInvoker(channel).CallAsync(new ThriftMethod<Empty, Empty>(string.Empty, "Nothing", "Get", ThriftStreamingMode.Unary), new Empty(), cancellationToken: token);
    }

    /// <summary>A struct that ends within a field.</summary>
    private static async Task PostAsync(IPEndPoint server, string contentType)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server}/echo.TestService/Echo")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 3, 255, 255, 255]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken).Soon();
    }

    /// <summary>Rejects everything.</summary>
    private sealed class NothingPolicy : IRateLimiterPolicy<string>
    {
        public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected => null;

        public RateLimitPartition<string> GetPartition(HttpContext httpContext) => RateLimitPartition.Get(string.Empty, static _ => new Nothing());
    }

    private sealed class Nothing : RateLimiter
    {
        private static readonly RateLimitLease _lease = new Rejected();

        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => _lease;

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) => new(_lease);

        private sealed class Rejected : RateLimitLease
        {
            public override bool IsAcquired => false;

            public override IEnumerable<string> MetadataNames => [];

            public override bool TryGetMetadata(string metadataName, out object? metadata)
            {
                metadata = null;
                return false;
            }
        }
    }
}
