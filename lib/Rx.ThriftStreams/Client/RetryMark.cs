namespace Rx.ThriftStreams.Client;

/// <summary>The persistent metainfo of calls that are retries, as in Kitex.</summary>
internal static class RetryMark
{
    internal const string Key = "RetryReq";

    /// <summary>Whether the server call that is being handled is a retry: calls within it make none, so that retries do not multiply along a chain.</summary>
    /// <remarks>Kitex compares the key exactly, which fails for calls that came over gRPC.</remarks>
    internal static bool IsOn(ThriftServerContext? parent)
    {
        if (parent is not null)
        {
            foreach (var (key, _) in parent.MetaInfo.PersistentValues)
            {
                if (string.Equals(key, Key, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
