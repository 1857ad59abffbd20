namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <inheritdoc/>
internal sealed class ThriftServerContextAccessor : IThriftServerContextAccessor
{
    public ThriftServerContext? Context => ThriftServerContext.Current;
}
