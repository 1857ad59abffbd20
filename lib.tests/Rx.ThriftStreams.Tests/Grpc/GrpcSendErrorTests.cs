using System.Net;
using Demo.Echo;
using Grpc.Core;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>What a send reports when the response is complete: <see cref="HttpClient"/> cancels the body of the request, before or after Grpc.Net.Client has read the status.</summary>
public sealed class GrpcSendErrorTests
{
    [Theory]
    [InlineData("5", "no%20such thing", ThriftStatusCode.NotFound, "no such thing")]
    [InlineData("0", "", ThriftStatusCode.Internal, "here has ended the call: nothing more can be sent. Receive to learn how it ended.")]
    [InlineData("five", "", ThriftStatusCode.Internal, "here has ended the call: nothing more can be sent. Receive to learn how it ended.")]
    [InlineData(null, "", ThriftStatusCode.Internal, "here has ended the call: nothing more can be sent. Receive to learn how it ended.")]
    public async Task SendAsync_ResponseIsCompleteAndItsStatusHasNotBeenRead_ReportsWhatTheHeadersSay(string? status, string text, ThriftStatusCode code, string message)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        response.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        if (status is not null)
        {
            response.Headers.TryAddWithoutValidation("grpc-status", status);
            response.Headers.TryAddWithoutValidation("grpc-message", text);
        }

        var exchange = new GrpcExchange(
            TestServiceDescriptor.Echo, new ClientCallStart(new ThriftCallOptions(), TimeProvider.System, null, headers: null, metaInfo: null), null, new GrpcConnectionState());
        await using var stream = new GrpcClientStream<Request, Response>(new GrpcCall(new RunningInvoker(), new GrpcMethods().Get(TestServiceDescriptor.Echo, out _)), exchange, "here", oneways: null);
        exchange.SetResponse(response, messages: null);
        exchange.Requests.Fail(new OperationCanceledException());

        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => stream.SendAsync(new Request()).AsTask());

        Assert.Equal((code, message), (error.StatusCode, error.Message));
    }

    /// <summary>Its calls have no status yet.</summary>
    private sealed class RunningInvoker : CallInvoker
    {
        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
            => new(null!, null!, Task.FromResult(new Metadata()), static () => throw new InvalidOperationException("The call is running."), static () => [], static () => { });

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
            => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
    }
}
