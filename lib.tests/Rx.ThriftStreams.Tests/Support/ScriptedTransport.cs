using Demo.Echo;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A transport whose streams do what a test says, when it says so: for what lies above transports.</summary>
internal sealed class ScriptedTransport : ClientTransport
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _pending = [];
    private Exception? _reason;

    /// <summary>What a send does; by default it completes at once.</summary>
    internal Func<Task>? OnSend { get; set; }

    /// <summary>What a receive does; by default it waits until the call is aborted.</summary>
    internal Func<Task<bool>>? OnReceive { get; set; }

    /// <summary>What completing the requests does; by default it completes at once.</summary>
    internal Func<Task>? OnComplete { get; set; }

    /// <summary>How many messages were handed over.</summary>
    internal int Sends { get; private set; }

    /// <summary>How often the requests were completed.</summary>
    internal int Completions { get; private set; }

    /// <summary>How many streams were disposed.</summary>
    internal int Disposals { get; private set; }

    /// <summary>How often a stream was aborted.</summary>
    internal int Aborts { get; private set; }

    /// <summary>Why the stream was aborted.</summary>
    internal Exception? AbortReason => Volatile.Read(ref _reason);

    internal override ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken) => new(new ScriptedStream<TRequest, TResponse>(this));

    public override ValueTask DisposeAsync() => default;

    internal static ThriftMethod<Request, Response> Method(ThriftStreamingMode mode) => new("echo", "TestService", "Echo", mode);

    /// <summary>Something that a test completes; an abort fails it.</summary>
    internal TaskCompletionSource Hold()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _pending.Add(held);
        }

        return held;
    }

    private void Abort(Exception reason)
    {
        TaskCompletionSource[] pending;
        lock (_gate)
        {
            Aborts++;
            Interlocked.CompareExchange(ref _reason, reason, null);
            pending = [.. _pending];
        }

        foreach (var held in pending)
        {
            held.TrySetException(new ThriftTransportException(ThriftStatusCode.Cancelled, "The stream was aborted."));
        }
    }

    private sealed class ScriptedStream<TRequest, TResponse>(ScriptedTransport owner) : ClientTransportStream<TRequest, TResponse>
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        internal override string Peer => "scripted:1";

        internal override TResponse Current { get; } = ThriftSerializer.Deserialize<TResponse>([0]);

        internal override int CurrentSize => 1;

        internal override Task<ThriftMetadata> Headers => Task.FromResult(ThriftMetadata.Empty);

        internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

        internal override async ValueTask<int> SendAsync(TRequest message)
        {
            owner.Sends++;
            if (owner.OnSend is { } send)
            {
                await send();
            }

            return 1;
        }

        internal override async ValueTask CompleteAsync()
        {
            owner.Completions++;
            if (owner.OnComplete is { } complete)
            {
                await complete();
            }
        }

        internal override async ValueTask<bool> ReceiveAsync()
        {
            if (owner.OnReceive is { } receive)
            {
                return await receive();
            }

            await owner.Hold().Task;
            return false;
        }

        internal override void Abort(Exception reason) => owner.Abort(reason);

        public override ValueTask DisposeAsync()
        {
            owner.Disposals++;
            return default;
        }
    }
}
