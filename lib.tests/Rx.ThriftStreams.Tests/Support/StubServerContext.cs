using System.Security.Claims;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A server call that only ends, for calls that follow it.</summary>
internal sealed class StubServerContext : ThriftServerContext, IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private ThriftException? _reason;

    public override CancellationToken CancellationToken => _over.Token;

    public override ThriftException? CancellationReason
    {
        get
        {
            WhenAsked?.Invoke();
            return _reason;
        }
    }

    /// <summary>Called whenever somebody asks why the call is over.</summary>
    public Action? WhenAsked { get; init; }

    public override ThriftMethod Method => throw new NotSupportedException();

    public override string Transport => throw new NotSupportedException();

    public override string Peer => throw new NotSupportedException();

    public override ThriftServerConnection Connection => throw new NotSupportedException();

    public override ClaimsPrincipal User => throw new NotSupportedException();

    public override IServiceProvider Services => throw new NotSupportedException();

    public override string CallerService => throw new NotSupportedException();

    public override ThriftMetadata RequestHeaders => throw new NotSupportedException();

    public override ThriftMetaInfo MetaInfo => throw new NotSupportedException();

    public override DateTimeOffset? Deadline => throw new NotSupportedException();

    internal override TimeSpan? TimeLeft => throw new NotSupportedException();

    public override CancellationToken Stopping => throw new NotSupportedException();

    public override ThriftMetadata ResponseHeaders => throw new NotSupportedException();

    public override ThriftMetadata ResponseTrailers => throw new NotSupportedException();

    public override IDictionary<object, object?> Items => throw new NotSupportedException();

    /// <summary>Notes why the call is over, before its token is cancelled.</summary>
    public void Note(ThriftException reason) => _reason = reason;

    public void Cancel() => _over.Cancel();

    public void Dispose() => _over.Dispose();

    public override Task RenewUserAsync(string authorization, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override Task SendHeadersAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
