using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>What the pages on options, timeouts, errors and metadata show.</summary>
internal static class CallSamples
{
    internal static async Task OptionsAsync(CancellationToken cancellationToken)
    {
        // <sample call-options>
        await using var channel = ThriftChannel.ForAddress("grpc://localhost:8888", new()
        {
            Defaults = new() { ReceiveTimeout = TimeSpan.FromSeconds(30) },
        });
        var client = new TestServiceClient(channel);

        var answers = client.EchoServerAsync(
            new() { Message = "hi" },
            new() { Timeout = TimeSpan.FromMinutes(5), Compressor = "gzip" },
            cancellationToken);
        // </sample call-options>
        await foreach (var answer in answers)
        {
            Console.WriteLine(answer.Message);
        }
    }

    internal static async Task ChannelOptionsAsync()
    {
        // <sample channel-options>
        await using var channel = ThriftChannel.ForAddress("grpc://10.0.0.1:8888,10.0.0.2:8888", new()
        {
            ServiceName = "shop",
            Resilience = { ConnectTimeout = TimeSpan.FromSeconds(1), CircuitBreaker = new() { MinimumThroughput = 20 } },
            Limits = { MaxReceiveMessageSize = 16 * 1024 * 1024 },
        });
        // </sample channel-options>
        Console.WriteLine(channel.Address);
    }

    internal static async Task<Response> ClientStreamAsync(TestServiceClient client)
    {
        // <sample calls-client>
        await using var upload = await client.OpenEchoClientAsync();
        for (var part = 0; part < 3; part++)
        {
            await upload.SendAsync(new() { Message = $"part {part}" });
        }

        var summary = await upload.CompleteAndReceiveAsync();
        // </sample calls-client>
        return summary;
    }

    internal static async Task<string> BackwardAsync(TestServiceClient client)
    {
        // <sample calls-unary>
        await using var call = await client.OpenEchoPingPongAsync(new() { Message = "hi" }, new() { Timeout = TimeSpan.FromSeconds(1) });
        var response = await call;
        var shard = call.Backward.GetValueOrDefault("SHARD", "unknown");
        // </sample calls-unary>
        return response.Message + shard;
    }

    // <sample calls-interface>
    internal static Task<Response> AskAsync(ITestService service, string question)
        => service.EchoUnaryAsync(new() { Message = question }, new() { Timeout = TimeSpan.FromSeconds(1) });
    // </sample calls-interface>

    internal static async Task TlsAsync(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate)
    {
        // <sample options-tls>
        await using var channel = ThriftChannel.ForAddress("grpcs://10.0.0.1:8888", new()
        {
            TlsOptions = new() { TargetHost = "echo.internal", ClientCertificates = [certificate] },
        });
        // </sample options-tls>
        Console.WriteLine(channel.Address);
    }

    internal static async Task TimeoutsAsync(TestServiceClient client)
    {
        // <sample timeouts-kind>
        try
        {
            await foreach (var answer in client.EchoServerAsync(new() { Message = "hi" }, new() { ReceiveTimeout = TimeSpan.FromSeconds(2) }))
            {
                Console.WriteLine(answer.Message);
            }
        }
        catch (ThriftTimeoutException timeout) when (timeout.Kind == ThriftTimeoutKind.Receive)
        {
            Console.WriteLine($"Nothing for {timeout.Elapsed} (limit {timeout.Configured}).");
        }
        // </sample timeouts-kind>
    }

    internal static async Task FirstResponseAsync()
    {
        // <sample timeouts-first>
        await using var channel = ThriftChannel.ForAddress("grpc://localhost:8888", new()
        {
            Methods = { ["TestService/EchoServer"] = new() { FirstResponseTimeout = TimeSpan.FromSeconds(30), ReceiveTimeout = TimeSpan.FromSeconds(5) } },
        });
        // </sample timeouts-first>
        Console.WriteLine(channel.Address);
    }

    internal static void ServerLimits(ThriftServerBuilder server)
    {
        // <sample timeouts-server>
        server.Configure(options =>
        {
            options.Limits.ReceiveTimeout = TimeSpan.FromMinutes(1);
            options.Limits.SendTimeout = TimeSpan.FromSeconds(30);
            options.Limits.MaxStreamDuration = TimeSpan.FromHours(1);
        });
        // </sample timeouts-server>
    }

    internal static async Task CallWithTimeoutAsync(ThriftDuplexStreamingCall<Request, Response> stream)
    {
        // <sample timeouts-user-code>
        await ThriftTimeout.CallWithTimeoutAsync(
            TimeSpan.FromSeconds(1),
            cancel: stream.Finish,
            action: () => stream.SendAsync(new() { Message = "hi" }).AsTask());
        // </sample timeouts-user-code>
    }

    internal sealed class AuditedService(ITestService audit) : EchoBase
    {
        // <sample timeouts-detached>
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        {
            // Not awaited: the answer does not wait for the audit, and the audit does not end with the answer. Its client logs failures (id 26).
            _ = audit.EchoUnaryAsync(req, new() { FlowServerContext = false, Timeout = TimeSpan.FromMinutes(1) }, CancellationToken.None);
            return Task.FromResult(new Response { Message = req.Message });
        }

        // </sample timeouts-detached>
    }

    internal static async Task ErrorsAsync(TestServiceClient client, CancellationToken cancellationToken)
    {
        // <sample errors-catch>
        try
        {
            await client.EchoUnaryAsync(new() { Message = "hi" }, cancellationToken);
        }
        catch (ThriftBizStatusException business)
        {
            Console.WriteLine($"{business.Code}: {business.Message} ({string.Join(',', business.Extra)})");
        }
        catch (ThriftStatusException status) when (status.StatusCode == ThriftStatusCode.NotFound)
        {
            Console.WriteLine(status.Trailers.Count);
        }
        catch (ThriftException other)
        {
            Console.WriteLine($"{other.GetType().Name}: {other.StatusCode}");
        }
        // </sample errors-catch>
    }

    internal static Response Throw(int balance)
    {
        // <sample errors-throw>
        if (balance < 0)
        {
            throw new ThriftBizStatusException(1001, "no funds", new Dictionary<string, string> { ["balance"] = $"{balance}" });
        }

        throw new ThriftStatusException(ThriftStatusCode.NotFound, "no such account");
        // </sample errors-throw>
    }

    internal static async Task MetadataAsync(TestServiceClient client)
    {
        // <sample metadata-client>
        var headers = new ThriftMetadata();
        headers.Add("x-request", "42");
        headers.AddBinary("x-token-bin", [1, 2, 3]);

        await using var stream = await client.OpenEchoServerAsync(new() { Message = "hi" }, new() { Headers = headers });
        var answered = await stream.GetHeadersAsync();
        await foreach (var response in stream)
        {
            Console.WriteLine(response.Message);
        }

        Console.WriteLine($"{answered.Count} headers, {stream.Trailers.Count} trailers, {stream.Status}");
        // </sample metadata-client>
    }

    internal static async Task HandlerAsync()
    {
        // <sample metadata-server>
        var context = ThriftServerContext.Current!;
        var request = context.RequestHeaders.TryGetValue("x-request", out var value) ? value : "none";
        context.ResponseHeaders.Add("x-seen", request);
        await context.SendHeadersAsync();
        context.ResponseTrailers.Add("x-cost", "7");
        // </sample metadata-server>
    }

    internal static async Task MetaInfoAsync(TestServiceClient client)
    {
        // <sample metadata-metainfo>
        var options = new ThriftCallOptions
        {
            MetaInfo = new() { Transient = { ["SHARD"] = "7" }, Persistent = { ["TENANT"] = "acme" } },
        };
        await client.EchoUnaryAsync(new() { Message = "hi" }, options);
        // </sample metadata-metainfo>
    }
}
