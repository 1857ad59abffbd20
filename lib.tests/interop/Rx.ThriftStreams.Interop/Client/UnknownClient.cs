using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.InteropProgram.Idl;
using static Rx.ThriftStreams.InteropProgram.Idl.TestServiceDescriptor.Messages;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>Calls what no server has.</summary>
internal sealed class UnknownClient(ThriftChannel channel) : ThriftClient(channel)
{
    private const string Package = "echo";

    internal ValueTask<ThriftCall<Response>> OpenMethodAsync(Request request, ThriftCallOptions options, CancellationToken cancellationToken)
        => OpenAsync("TestService", "NoSuchMethod", request, options, cancellationToken);

    internal ValueTask<ThriftCall<Response>> OpenServiceAsync(Request request, ThriftCallOptions options, CancellationToken cancellationToken)
        => OpenAsync("NoSuchService", "EchoPingPong", request, options, cancellationToken);

    internal ValueTask<ThriftDuplexStreamingCall<Request, Response>> OpenBidiAsync(ThriftCallOptions options, CancellationToken cancellationToken)
        => Invoker.OpenDuplexStreamingAsync(new ThriftMethod<Request, Response>(Package, "TestService", "NoSuchBidi", ThriftStreamingMode.Bidirectional), options, cancellationToken);

    internal ValueTask<ThriftServerStreamingCall<Response>> OpenServerAsync(Request request, ThriftCallOptions options, CancellationToken cancellationToken)
        => Invoker.OpenServerStreamingAsync(new ThriftMethod<Request, Response>(Package, "TestService", "NoSuchServer", ThriftStreamingMode.Server), request, options, cancellationToken);

    private ValueTask<ThriftCall<Response>> OpenAsync(string service, string method, Request request, ThriftCallOptions options, CancellationToken cancellationToken)
        => Invoker.OpenCallAsync(
            new ThriftMethod<EchoPingPongArgs, EchoPingPongResult>(Package, service, method, ThriftStreamingMode.PingPong),
            new EchoPingPongArgs { Req = request },
            result => result.Success ?? throw MissingResult(method),
            options,
            cancellationToken);
}
