using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Two threads learn at the same time that a caller is gone: the transport's, and the handler's by a send that fails.</summary>
public sealed class CallerGoneTests
{
    [Fact]
    public async Task Handler_WhoseSendFailsWhileAnotherThreadCancels_SeesItsTokenCancelled()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddLogging().AddThriftStreams();
        await using var application = builder.Build();
        var call = new GoneCall();
        var method = new ThriftMethod<Request, Response>("test", nameof(CallerGoneTests), "Echo", ThriftStreamingMode.Server);
        var context = new ServerCallContext(method, call, application.Services, application.Services.GetRequiredService<ThriftServerRuntime>()) { Handler = null! };
        var seen = false;

        // The other thread has set the reason and has not cancelled yet: the handler's thread comes now, and its clean-up is next.
        call.Gone = () =>
        {
            call.Gone = null;
            context.CancelWithCaller();
            seen = context.CancellationToken.IsCancellationRequested;
        };
        context.CancelWithCaller();

        Assert.True(seen);
        context.End();
    }

    private sealed class GoneCall : ServerTransportCall
    {
        internal Action? Gone { get; set; }

        internal override string Transport => "test";

        internal override string Peer => "peer:1";

        internal override ThriftServerConnection Connection => throw new NotSupportedException();

        internal override string CallerService => string.Empty;

        internal override ThriftMetadata RequestHeaders { get; } = new();

        internal override ThriftMetaInfo MetaInfo { get; } = new();

        internal override TimeSpan? Timeout => null;

        internal override CancellationToken Aborted => CancellationToken.None;

        internal override void OnCallerGone() => Gone?.Invoke();

        internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method) => throw new NotSupportedException();

        internal override ValueTask SendHeadersAsync(ThriftMetadata headers) => default;

        internal override ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers) => default;
    }
}
