using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Health;
using Twin;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary><c>grpc.health.v1</c> beside Thrift services, as a client of Protobuf sees it.</summary>
public sealed class HealthTests
{
    private const string Serving = "1";
    private const string NotServing = "2";

    private readonly FakeTimeProvider _clock = new();
    private volatile HealthStatus _database = HealthStatus.Healthy;
    private int _runs;

    [Theory]
    [InlineData("", Serving)]
    [InlineData("TestService", Serving)]
    [InlineData("echo.TestService", Serving)]
    [InlineData("Other", "status 5")]
    public async Task Check_WithoutHealthChecks_KnowsTheServices(string service, string expected)
    {
        await using var server = await StartAsync();
        using var client = new Client(server);

        Assert.Equal(expected, await client.CheckAsync(service));
    }

    [Fact]
    public async Task Check_UnhealthyCheck_IsNotServing_AndRunsOnceASecond()
    {
        await using var server = await StartAsync(checks => checks.AddCheck("database", RunDatabaseCheck));
        using var client = new Client(server);
        Assert.Equal(Serving, await client.CheckAsync(""));

        _database = HealthStatus.Unhealthy;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(Serving, await client.CheckAsync("TestService"));
        }

        Assert.Equal(1, _runs);
        _clock.Advance(HealthState.Freshness);
        Assert.Equal([NotServing, NotServing], [await client.CheckAsync(""), await client.CheckAsync("TestService")]);
        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task Check_OfAHealthCheckForOneService_ConcernsThatAlone()
    {
        _database = HealthStatus.Unhealthy;
        await using var server = await StartAsync(checks => checks.AddCheck("twin", RunDatabaseCheck, ["TwinService"]));
        using var client = new Client(server);

        Assert.Equal([Serving, Serving, NotServing], [await client.CheckAsync(""), await client.CheckAsync("TestService"), await client.CheckAsync("TwinService")]);
    }

    [Fact]
    public async Task Watch_ChangesAndStop_AreSent()
    {
        await using var server = await StartAsync(checks => checks.AddCheck("database", RunDatabaseCheck));
        using var client = new Client(server);
        using var response = await client.WatchAsync("TestService");
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Serving, await Client.ReadAsync(body));

        _database = HealthStatus.Unhealthy;
        var next = Client.ReadAsync(body);
        await AdvanceUntil(next);
        Assert.Equal(NotServing, await next);
        _database = HealthStatus.Healthy;
        next = Client.ReadAsync(body);
        await AdvanceUntil(next);
        Assert.Equal(Serving, await next);

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(NotServing, await Client.ReadAsync(body).Soon());
        Assert.Null(await Client.ReadAsync(body).Soon());
        Assert.Equal("14", response.TrailingHeaders.GetValues("grpc-status").Single());
        await AdvanceUntil(stopping);
    }

    [Fact]
    public async Task Watch_UnknownService_SaysSo()
    {
        await using var server = await StartAsync();
        using var client = new Client(server);
        using var response = await client.WatchAsync("Other");
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);

        Assert.Equal("3", await Client.ReadAsync(body).Soon());
    }

    [Fact]
    public async Task Check_BytesThatAreNotARequest_AreRefused()
    {
        await using var server = await StartAsync();
        using var client = new Client(server);

        Assert.Equal("status 3", await client.SendAsync([0, 0, 0, 0, 2, 0x0a, 0x7f]));
        Assert.Equal("status 3", await client.SendAsync([1, 0, 0, 0, 0]));
        Assert.Equal("status 3", await client.SendAsync([]));
    }

    /// <summary>Fields that a later version may add are skipped.</summary>
    [Fact]
    public async Task Check_UnknownFields_AreSkipped()
    {
        await using var server = await StartAsync();
        using var client = new Client(server);
        byte[] message = [0x10, 0x96, 0x01, 0x0a, 11, .. "TestService"u8, 0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8];

        Assert.Equal(Serving, await client.SendAsync([0, 0, 0, 0, (byte)message.Length, .. message]));
    }

    [Theory]
    [InlineData("GET", "/up", HttpStatusCode.OK, "Healthy")]
    [InlineData("GET", "/up?from=probe", HttpStatusCode.OK, "Healthy")]
    [InlineData("HEAD", "/up", HttpStatusCode.OK, "")]
    [InlineData("GET", "/", HttpStatusCode.NotFound, "Not Found")]
    [InlineData("POST", "/up", HttpStatusCode.MethodNotAllowed, "Method Not Allowed")]
    public async Task HttpProbe_OnTheThriftPort_IsAnswered(string method, string target, HttpStatusCode status, string body)
    {
        await using var server = await StartAsync(probes: "/up");
        using var client = new HttpClient { BaseAddress = new($"http://{server.Endpoint}") };

        using var answer = await client.SendAsync(new HttpRequestMessage(new(method), target), TestContext.Current.CancellationToken).Soon();

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(body, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.True(answer.Headers.ConnectionClose);
    }

    [Fact]
    public async Task HttpProbe_UnhealthyCheck_Is503()
    {
        await using var server = await StartAsync(checks => checks.AddCheck("database", RunDatabaseCheck), "/up");
        using var client = new HttpClient { BaseAddress = new($"http://{server.Endpoint}") };
        _database = HealthStatus.Unhealthy;

        using var answer = await client.GetAsync(new Uri("/up", UriKind.Relative), TestContext.Current.CancellationToken).Soon();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    /// <summary>Closing while the body arrives would reset the connection, and the peer would lose the answer.</summary>
    [Fact]
    public async Task HttpProbe_RefusedRequestWithABody_TakesTheBodyUntilThePeerClosesOrTheTimeIsOver()
    {
        await using var server = await StartAsync(probes: "/up");
        using var closing = await RefuseAsync();
        for (var i = 0; i < 32; i++)
        {
            await closing.SendAsync(new byte[64 * 1024], TestContext.Current.CancellationToken);
        }

        closing.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await closing.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().Soon());

        using var silent = await RefuseAsync();
        var end = silent.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask();
        await AdvanceUntil(end);
        Assert.Equal(0, await end);

        async Task<Socket> RefuseAsync()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPEndPoint.Parse($"{server.Endpoint}"), TestContext.Current.CancellationToken);
            await socket.SendAsync("POST /up HTTP/1.1\r\nhost: x\r\ncontent-length: 2097152\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            var answer = "";
            var buffer = new byte[1024];
            while (!answer.EndsWith("\r\n\r\nMethod Not Allowed", StringComparison.Ordinal))
            {
                var read = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().Soon();
                Assert.NotEqual(0, read);
                answer += System.Text.Encoding.ASCII.GetString(buffer, 0, read);
            }

            return socket;
        }
    }

    /// <summary>A head without an end is neither kept nor waited for.</summary>
    [Theory]
    [InlineData(20_000)]
    [InlineData(10)]
    public async Task HttpProbe_RequestWithoutAnEnd_IsCutOff(int length)
    {
        await using var server = await StartAsync(probes: "/up");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse($"{server.Endpoint}"), TestContext.Current.CancellationToken);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes("GET /up HTTP/1.1\r\nx: " + new string('x', length)), TestContext.Current.CancellationToken);

        var end = Task.Run(async () =>
        {
            try
            {
                return await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
            }
            catch (SocketException)
            {
                return 0;
            }
        });
        await AdvanceUntil(end);

        Assert.Equal(0, await end);
    }

    private HealthCheckResult RunDatabaseCheck()
    {
        Interlocked.Increment(ref _runs);
        return new(_database);
    }

    private async Task AdvanceUntil(Task task)
    {
        while (!task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await task.Soon();
    }

    private Task<ThriftServer> StartAsync(Action<IHealthChecksBuilder>? checks = null, string? probes = null) => ThriftServer.StartAsync(
        "127.0.0.1:0",
        server => server
            .AddService<ITestService>(new EchoService())
            .AddService<ITwinService>(new TwinService())
            .AddHealth()
            .UseProtocols(ThriftProtocols.Grpc)
            .Configure(options =>
            {
                options.TimeProvider = _clock;
                options.HttpProbePath = probes;
            })
            .Services(services =>
            {
                if (checks is not null)
                {
                    checks(services.AddHealthChecks());
                }
            }),
        TestContext.Current.CancellationToken);

    private sealed class Client(ThriftServer server) : IDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = new($"http://{server.Endpoint}"), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        internal Task<string> CheckAsync(string service) => SendAsync(Request(service));

        internal async Task<string> SendAsync(byte[] request)
        {
            using var response = await PostAsync("Check", request);
            await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            var status = await ReadAsync(body).Soon();

            // Trailers come after the end of the body.
            Assert.Equal(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken).Soon());
            var fields = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
            var code = fields.GetValues("grpc-status").Single();
            return code == "0" ? status! : $"status {code}";
        }

        internal Task<HttpResponseMessage> WatchAsync(string service) => PostAsync("Watch", Request(service));

        /// <summary>The next status; <see langword="null"/> at the end.</summary>
        internal static async Task<string?> ReadAsync(Stream body)
        {
            var message = new byte[7];
            return await body.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, TestContext.Current.CancellationToken) == message.Length ? $"{message[6]}" : null;
        }

        public void Dispose() => _http.Dispose();

        private static byte[] Request(string service) => service.Length == 0
            ? [0, 0, 0, 0, 0]
            : [0, 0, 0, 0, (byte)(service.Length + 2), 0x0a, (byte)service.Length, .. System.Text.Encoding.ASCII.GetBytes(service)];

        private Task<HttpResponseMessage> PostAsync(string method, byte[] request)
        {
            var message = new HttpRequestMessage(HttpMethod.Post, $"/grpc.health.v1.Health/{method}") { Content = new ByteArrayContent(request), Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            return _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).Soon();
        }
    }
}
