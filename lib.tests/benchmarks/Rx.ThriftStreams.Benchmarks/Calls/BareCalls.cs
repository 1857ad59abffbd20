using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;

namespace Rx.ThriftStreams.Benchmarks.Calls;

/// <summary>
/// What a unary call allocates below this library: by Grpc.Net.Client with byte arrays as messages, and by HttpClient alone. The server is another
/// process, because what it allocates would count; the interop program's will do.
/// </summary>
internal static class BareCalls
{
    private const int Callers = 16;
    private const int Calls = 1000;
    private const string Service = "echo.TestService";
    private const string Method = "EchoUnary";
    private const string ContentType = "application/grpc+thrift";

    internal static async Task RunAsync(string address)
    {
        var message = Arguments("xxxxxxxxxxxxxxxx");
        using var channel = GrpcChannel.ForAddress(
            $"http://{address}", new GrpcChannelOptions { HttpHandler = new ThriftContentHandler(NewHandler()), MaxRetryAttempts = 1, DisposeHttpClient = true });
        var invoker = channel.CreateCallInvoker();
        var bytes = Marshallers.Create<byte[]>(static value => value, static value => value);
        var unary = new Method<byte[], byte[]>(MethodType.Unary, Service, Method, bytes, bytes);
        var serverStreaming = new Method<byte[], byte[]>(MethodType.ServerStreaming, Service, Method, bytes, bytes);
        var duplex = new Method<byte[], byte[]>(MethodType.DuplexStreaming, Service, Method, bytes, bytes);
        await MeasureAsync("Grpc.Net.Client, unary", async () =>
        {
            using var call = invoker.AsyncUnaryCall(unary, null, default, message);
            await call.ResponseAsync;
        });
        await MeasureAsync("Grpc.Net.Client, server streaming", async () =>
        {
            using var call = invoker.AsyncServerStreamingCall(serverStreaming, null, default, message);
            await ReadToEndAsync(call.ResponseStream);
        });
        await MeasureAsync("Grpc.Net.Client, duplex", async () =>
        {
            using var call = invoker.AsyncDuplexStreamingCall(duplex, null, default);
            await call.RequestStream.WriteAsync(message);
            await call.RequestStream.CompleteAsync();
            await ReadToEndAsync(call.ResponseStream);
        });

        using var http = new HttpMessageInvoker(NewHandler());
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        await MeasureAsync("HttpClient", () => PostAsync(http, address, frame));
    }

    private static async Task ReadToEndAsync(IAsyncStreamReader<byte[]> answers)
    {
        while (await answers.MoveNext(CancellationToken.None))
        {
            // One, and the end.
        }
    }

    private static async Task PostAsync(HttpMessageInvoker http, string address, byte[] frame)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{address}/{Service}/{Method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        using var response = await http.SendAsync(request, CancellationToken.None);
        var body = await response.Content.ReadAsStreamAsync();
        await body.CopyToAsync(Stream.Null);
        if (!response.TrailingHeaders.Contains("grpc-status"))
        {
            throw new InvalidOperationException("The server did not answer the call.");
        }
    }

    private static async Task MeasureAsync(string name, Func<Task> call)
    {
        await RunCallersAsync(call);
        GC.Collect();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await RunCallersAsync(call);
        var allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(Callers * Calls);
        Console.WriteLine($"{name,-33} {allocated,8:0} bytes a call");
    }

    private static Task RunCallersAsync(Func<Task> call) => Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
    {
        for (var i = 0; i < Calls; i++)
        {
            await call();
        }
    })));

    private static SocketsHttpHandler NewHandler() => new()
    {
        EnableMultipleHttp2Connections = true,
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
    };

    /// <summary>The arguments of the call: field 1 is a request whose field 1 is the text.</summary>
    private static byte[] Arguments(string text)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        return [12, 0, 1, 11, 0, 1, .. length, .. Encoding.ASCII.GetBytes(text), 0, 0];
    }

    private sealed class ThriftContentHandler(HttpMessageHandler inner) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _inner = new(inner);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Content!.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
            return _inner.SendAsync(request, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
