namespace Rx.ThriftStreams.Primitives;

/// <summary>Why a connection failed, in words that name the likely fix; the error itself is the inner one.</summary>
internal sealed class ConnectHint(string message, Exception innerException) : IOException(message, innerException);
