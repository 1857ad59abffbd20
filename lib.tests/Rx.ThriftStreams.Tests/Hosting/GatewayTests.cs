using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>What a host that calls Thrift services from REST and grpc-dotnet gets from the library.</summary>
public sealed class GatewayTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public void AddThriftProblemDetails_Twice_HasOneHandler()
    {
        var services = new ServiceCollection().AddThriftProblemDetails().AddThriftProblemDetails();

        Assert.Single(services, static service => service.ServiceType == typeof(IExceptionHandler));
    }

    [Theory]
    [InlineData(ThriftStatusCode.InvalidArgument, 400)]
    [InlineData(ThriftStatusCode.OutOfRange, 400)]
    [InlineData(ThriftStatusCode.NotFound, 404)]
    [InlineData(ThriftStatusCode.Aborted, 409)]
    [InlineData(ThriftStatusCode.ResourceExhausted, 429)]
    [InlineData(ThriftStatusCode.Unavailable, 503)]
    [InlineData(ThriftStatusCode.DeadlineExceeded, 504)]
    [InlineData(ThriftStatusCode.Unauthenticated, 502)]
    [InlineData(ThriftStatusCode.PermissionDenied, 502)]
    [InlineData(ThriftStatusCode.Unimplemented, 502)]
    [InlineData(ThriftStatusCode.UnknownService, 502)]
    [InlineData(ThriftStatusCode.Cancelled, 502)]
    [InlineData(ThriftStatusCode.Internal, 502)]
    [InlineData((ThriftStatusCode)4711, 502)]
    public async Task Problem_OfAStatus_HasTheStatusOfThePage(ThriftStatusCode code, int expected)
    {
        var (status, problem) = await GetAsync(new ThriftStatusException(code, "The reason."));

        Assert.Equal((expected, expected), (status, problem.GetProperty("status").GetInt32()));
        Assert.Equal(code.ToString(), problem.GetProperty("title").GetString());

        // What the server says of the credentials of this host is not for its callers.
        var detail = problem.TryGetProperty("detail", out var text) ? text.GetString() : null;
        Assert.Equal(code is ThriftStatusCode.Unauthenticated or ThriftStatusCode.PermissionDenied ? null : "The reason.", detail);
    }

    [Fact]
    public async Task Problem_OfABusinessError_IsUnprocessable()
    {
        var (status, problem) = await GetAsync(new ThriftBizStatusException(1001, "no funds"));

        Assert.Equal((422, "BusinessError", "no funds"), (status, problem.GetProperty("title").GetString(), problem.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Problem_OfAnExceptionOfTheIdl_HasItsName()
    {
        var (status, problem) = await GetAsync(new SinkException { Code = 7, Reason = "out of order" });
        var (_, other) = await GetAsync(new ThriftDynamicException("Refused", new(new byte[] { 0 })));

        Assert.Equal((422, "SinkException"), (status, problem.GetProperty("title").GetString()));
        Assert.Equal("SinkException was thrown.", problem.GetProperty("detail").GetString());
        Assert.Equal("Refused", other.GetProperty("title").GetString());
    }

    [Theory]
    [InlineData("invalid data: payload size(5242880) larger than the limit(4194304)", 413)]
    [InlineData("grpc: received message larger than max (5242880 vs. 4194304)", 413)]
    [InlineData("A message of 6000012 bytes is larger than the 4194304 bytes that the server allows (ThriftServerOptions.Limits.MaxReceiveMessageSize).", 413)]
    [InlineData("A message decompresses to more than the 4194304 bytes that the server allows (ThriftServerOptions.Limits.MaxReceiveMessageSize).", 413)]
    [InlineData("A message decompresses to more than the 1114112 bytes that 90 compressed bytes may become: ThriftServerOptions.Limits.MaxDecompressionRatio is 100.", 413)]
    [InlineData("The server answered with HTTP status 413 (Payload Too Large), not with a Thrift message.", 413)]
    [InlineData("request over limit: request too frequent", 429)]
    public async Task Problem_OfARefusedSize_DoesNotNameTheLimit(string text, int expected)
    {
        var (status, problem) = await GetAsync(new ThriftStatusException(ThriftStatusCode.ResourceExhausted, text));

        Assert.Equal((expected, "ResourceExhausted"), (status, problem.GetProperty("title").GetString()));
        Assert.Equal(expected == 413 ? "The request is larger than the service accepts." : text, problem.GetProperty("detail").GetString());
    }

    /// <summary>The server passes on that it refused an answer: that is not about the request.</summary>
    [Theory]
    [InlineData("A message of 6000012 bytes is larger than the 4194304 bytes that this channel allows (ThriftChannelOptions.Limits.MaxReceiveMessageSize).")]
    [InlineData("A message decompresses to more than the 1114112 bytes that 90 compressed bytes may become: ThriftChannelOptions.Limits.MaxDecompressionRatio is 100.")]
    public async Task Problem_OfAnAnswerThatTheServerRefused_IsABadGateway(string text)
    {
        var (status, problem) = await GetAsync(new ThriftStatusException(ThriftStatusCode.ResourceExhausted, text));

        Assert.Equal(502, status);
        Assert.False(problem.TryGetProperty("detail", out _));
    }

    [Theory]
    [InlineData(ThriftStatusCode.Internal, 502, "The handler of Generator.Generate failed.")]
    [InlineData(ThriftStatusCode.Internal, 502, "The handler of Generator.Generate failed: secret")]
    [InlineData(ThriftStatusCode.Internal, 502, "The handler failed. Its server logs the reason, and does not send it to callers.")]
    [InlineData(ThriftStatusCode.Unavailable, 503, "A service that the handler calls is not available. Its server logs the reason, and does not send it to callers.")]
    [InlineData(ThriftStatusCode.DeadlineExceeded, 504, "A call that the handler made took too long. Its server logs the reason, and does not send it to callers.")]
    [InlineData(ThriftStatusCode.ResourceExhausted, 429, "A call that the handler made failed. Its server logs the reason, and does not send it to callers.")]
    public async Task Problem_OfAHandlerThatFailed_HidesItsText(ThriftStatusCode code, int expected, string text)
    {
        var error = new ThriftStatusException(code, text);

        var (status, problem) = await GetAsync(error);
        var refused = await Assert.ThrowsAsync<RpcException>(() => new ThriftErrorInterceptor().UnaryServerHandler<string, string>("", null!, (_, _) => throw error));

        Assert.Equal((expected, code.ToString()), (status, problem.GetProperty("title").GetString()));
        Assert.False(problem.TryGetProperty("detail", out _));
        Assert.Equal(((StatusCode)code, string.Empty), (refused.StatusCode, refused.Status.Detail));
    }

    /// <summary>A handler's own words, which a peer of this library may choose for any status.</summary>
    [Theory]
    [InlineData(ThriftStatusCode.NotFound, "The handler of the account failed to find it.")]
    [InlineData(ThriftStatusCode.Unavailable, "The handler of Generator.Generate failed.")]
    public async Task Problem_OfAStatusThatReadsLikeAFault_KeepsItsText(ThriftStatusCode code, string text)
    {
        var (_, problem) = await GetAsync(new ThriftStatusException(code, text));

        Assert.Equal(text, problem.GetProperty("detail").GetString());
    }

    /// <summary>A mistake of this host, which is not the server's: as any other exception, it is logged.</summary>
    [Fact]
    public async Task Problem_OfARequestThatWasNotSent_IsThatOfTheHost()
    {
        var error = ThriftProtocolException.Unsent(ThriftProtocolException.RequiredFieldMissing("PriceRequest", "symbol", 1));
        using var log = new LoggedErrors();

        var (status, problem) = await GetAsync(error, services => services.AddLogging(logging => logging.AddProvider(log)));
        var other = await Record.ExceptionAsync(() => new ThriftErrorInterceptor().UnaryServerHandler<string, string>("", null!, (_, _) => throw error));

        Assert.Equal(500, status);
        Assert.DoesNotContain("symbol", problem.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(error, log.Errors);
        Assert.Same(error, other);
    }

    [Fact]
    public async Task Problem_OfATokenThatCannotBeObtained_HidesItsText()
    {
        var (status, problem) = await GetAsync(new ThriftAccessTokenException("shop", new HttpRequestException("auth.internal is gone.")));

        Assert.Equal((503, "Unavailable"), (status, problem.GetProperty("title").GetString()));
        Assert.DoesNotContain("shop", problem.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("auth", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problem_OfALostConnection_HidesItsText()
    {
        var (status, problem) = await GetAsync(new ThriftTransportException(ThriftStatusCode.Unavailable, "10.0.0.5:8888 is gone."));

        Assert.Equal(503, status);
        Assert.DoesNotContain("10.0.0.5", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problem_Customized_HasTheException()
    {
        var (_, problem) = await GetAsync(
            new ThriftBizStatusException(1001, "no funds"),
            static services => services.AddProblemDetails(static options => options.CustomizeProblemDetails = static context =>
                context.ProblemDetails.Extensions["bizCode"] = ((ThriftBizStatusException)context.Exception!).Code));

        Assert.Equal(1001, problem.GetProperty("bizCode").GetInt32());
    }

    /// <summary>What of a generated exception is for the callers of the gateway, the gateway decides.</summary>
    [Fact]
    public async Task Problem_OfAGeneratedException_HasFieldsThatTheHostAdds()
    {
        var error = new SinkException { Code = 7, Reason = "out of order" };

        var (_, plain) = await GetAsync(error);
        var (_, customized) = await GetAsync(
            error,
            static services => services.AddProblemDetails(static options => options.CustomizeProblemDetails = static context =>
            {
                if (context.Exception is SinkException sink)
                {
                    context.ProblemDetails.Extensions["value"] = new { sink.Code };
                    context.ProblemDetails.Detail = null;
                }
            }));

        Assert.Equal("SinkException", plain.GetProperty("exception").GetString());
        Assert.False(plain.TryGetProperty("value", out _));
        Assert.Equal("{\"code\":7}", customized.GetProperty("value").GetRawText());
        Assert.False(customized.TryGetProperty("detail", out _));
    }

    [Theory]
    [InlineData("application/grpc+thrift", true)]
    [InlineData("application/x-thrift", true)]
    [InlineData("application/grpc", false)]
    [InlineData("application/json", false)]
    [InlineData(null, false)]
    public void Request_IsToldByItsContentType(string? contentType, bool expected)
    {
        var http = new DefaultHttpContext { Request = { ContentType = contentType } };
        using var span = new Activity("request").Start();

        Assert.Equal(expected, http.IsThriftCall());
        Assert.Same(span, Activity.Current);
        Assert.Equal(expected, http.TakesThriftSpan());
        Assert.Equal(expected, Activity.Current is null);
    }

    [Theory]
    [InlineData(ThriftStatusCode.NotFound, StatusCode.NotFound)]
    [InlineData(ThriftStatusCode.Unauthenticated, StatusCode.Unauthenticated)]
    [InlineData(ThriftStatusCode.ReceiveDeadlineExceeded, StatusCode.DeadlineExceeded)]
    [InlineData(ThriftStatusCode.UnknownService, StatusCode.Unknown)]
    public async Task Interceptor_EachKindOfMethod_EndsWithTheStatus(ThriftStatusCode code, StatusCode expected)
    {
        var interceptor = new ThriftErrorInterceptor();
        var error = new ThriftStatusException(code, "The reason.");
        Func<Task>[] calls =
        [
            () => interceptor.UnaryServerHandler<string, string>("", null!, (_, _) => throw error),
            () => interceptor.ClientStreamingServerHandler<string, string>(null!, null!, (_, _) => throw error),
            () => interceptor.ServerStreamingServerHandler<string, string>("", null!, null!, (_, _, _) => throw error),
            () => interceptor.DuplexStreamingServerHandler<string, string>(null!, null!, null!, (_, _, _) => throw error),
        ];
        foreach (var call in calls)
        {
            var status = (await Assert.ThrowsAsync<RpcException>(call)).Status;
            Assert.Equal((expected, "The reason."), (status.StatusCode, status.Detail));
            Assert.Same(error, status.DebugException);
        }
    }

    [Fact]
    public async Task Interceptor_ErrorNotMeantForTheCaller_HidesItsText()
    {
        var error = new ThriftTransportException(ThriftStatusCode.Unavailable, "10.0.0.5:8888 is gone.");

        var thrown = await Assert.ThrowsAsync<RpcException>(() => new ThriftErrorInterceptor().UnaryServerHandler<string, string>("", null!, (_, _) => throw error));

        Assert.Equal((StatusCode.Unavailable, string.Empty), (thrown.StatusCode, thrown.Status.Detail));
    }

    [Theory]
    [InlineData(29.2, "30")]
    [InlineData(0.01, "1")]
    [InlineData(null, null)]
    public async Task Problem_OfAnOpenCircuit_SaysWhenToTryAgain(double? seconds, string? expected)
    {
        var pause = seconds is { } time ? TimeSpan.FromSeconds(time) : (TimeSpan?)null;

        using var response = await GetResponseAsync(new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, "10.0.0.5:8888", pause));

        Assert.Equal((503, expected), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString()));
    }

    [Theory]
    [InlineData(ThriftStatusCode.Unavailable, "1500", "2")]
    [InlineData(ThriftStatusCode.ResourceExhausted, "0", "1")]
    [InlineData(ThriftStatusCode.Unavailable, "-1", null)]
    [InlineData(ThriftStatusCode.NotFound, "1500", null)]
    public async Task Problem_OfAServerThatAsksForAPause_SaysWhenToTryAgain(ThriftStatusCode code, string pushback, string? expected)
    {
        using var response = await GetResponseAsync(new ThriftStatusException(code, "Later.") { Trailers = new() { { "grpc-retry-pushback-ms", pushback } } });

        Assert.Equal(expected, response.Headers.RetryAfter?.ToString());
    }

    private static async Task<(int Status, JsonElement Problem)> GetAsync(Exception error, Action<IServiceCollection>? configure = null)
    {
        using var response = await GetResponseAsync(error, configure);
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(Token));
    }

    private static async Task<HttpResponseMessage> GetResponseAsync(Exception error, Action<IServiceCollection>? configure = null)
    {
        await using var application = await ThriftApplication.StartAsync(
            static listen => listen.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1,
            application =>
            {
                application.UseExceptionHandler();
                application.MapGet("/", (HttpContext _) => Task.FromException(error));
            },
            services =>
            {
                services.AddThriftProblemDetails();
                configure?.Invoke(services);
            });
        var port = application.Endpoint().Port;
        using var http = new HttpClient();
        return await http.GetAsync(new Uri($"http://127.0.0.1:{port}/"), Token);
    }

    private sealed class LoggedErrors : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<Exception> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && exception is not null)
            {
                Errors.Enqueue(exception);
            }
        }

        public void Dispose()
        {
        }
    }
}
