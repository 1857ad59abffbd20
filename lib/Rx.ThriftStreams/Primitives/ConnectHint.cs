namespace Rx.ThriftStreams.Primitives;

/// <summary>Why a connection failed, with the likely fix; the original error is the inner exception.</summary>
internal sealed class ConnectHint(string message, Exception innerException) : IOException(message, innerException);
