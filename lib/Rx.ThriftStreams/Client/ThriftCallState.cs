using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>What every call object shows of its call, whatever its types on the wire.</summary>
internal interface IThriftCallState : IAsyncDisposable
{
    ThriftMethod Method { get; }

    string Peer { get; }

    ThriftStatus? Status { get; }

    ThriftMetadata Trailers { get; }

    IReadOnlyDictionary<string, string> Backward { get; }

    Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken);
}

/// <summary>A call object's hold on its call: enumerated once, cancelled when it is dropped.</summary>
internal abstract class ThriftCallState<TResponse> : IThriftCallState
{
    public abstract ThriftMethod Method { get; }

    public abstract string Peer { get; }

    public abstract ThriftStatus? Status { get; }

    public abstract ThriftMetadata Trailers { get; }

    public abstract IReadOnlyDictionary<string, string> Backward { get; }

    public abstract Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    internal abstract IAsyncEnumerator<TResponse> GetEnumerator(CancellationToken cancellationToken);

    internal abstract void Finish();
}

/// <inheritdoc/>
internal sealed class ThriftCallState<TRequest, TResponse> : ThriftCallState<TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly AbandonedCallGuard _guard;
    private int _enumerated;

    internal ThriftCallState(ClientCall<TRequest, TResponse> call, ILogger logger)
    {
        Call = call;
        _guard = new AbandonedCallGuard(call, logger, call.Method.FullName);
    }

    internal ClientCall<TRequest, TResponse> Call { get; }

    public override ThriftMethod Method => Call.Method;

    public override string Peer => Call.Peer;

    public override ThriftStatus? Status => Call.Status;

    public override ThriftMetadata Trailers => Call.Trailers;

    public override IReadOnlyDictionary<string, string> Backward => Call.Backward;

    public override Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken) => Call.GetHeadersAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        _guard.Dispose();
        await Call.DisposeAsync().ConfigureAwait(false);
    }

    internal override void Finish()
    {
        _guard.Dispose();
        Call.Abort(CallErrors.Disposed(Method));
    }

    internal override IAsyncEnumerator<TResponse> GetEnumerator(CancellationToken cancellationToken)
        => Interlocked.Exchange(ref _enumerated, 1) == 0
            ? new Enumerator(this, cancellationToken)
            : throw new InvalidOperationException($"The responses of this call of {Method.FullName} can be enumerated once. Open another call.");

    private sealed class Enumerator : IAsyncEnumerator<TResponse>, IAbandonable
    {
        private readonly ThriftCallState<TRequest, TResponse> _state;
        private readonly ClientCall<TRequest, TResponse> _call;
        private readonly CancellationTokenRegistration _cancellation;

        internal Enumerator(ThriftCallState<TRequest, TResponse> state, CancellationToken cancellationToken)
        {
            _state = state;
            _call = state.Call;
            _cancellation = _call.AbortOn(cancellationToken);
        }

        public TResponse Current => _call.Current;

        public ValueTask<bool> MoveNextAsync() => _call.MoveNextAsync();

        public bool Abandon() => _call.Abandon();

        public async ValueTask DisposeAsync()
        {
            await _cancellation.DisposeAsync().ConfigureAwait(false);
            await _state.DisposeAsync().ConfigureAwait(false);
        }
    }
}
