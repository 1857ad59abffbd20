using System.Net.Http.Headers;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Metainfo as headers of HTTP/2: a prefix and the key, in lower case with hyphens; received in upper case with underscores.</summary>
internal static class GrpcMetaInfo
{
    internal const string TransientPrefix = "rpc-transit-";
    internal const string PersistentPrefix = "rpc-persist-";

    internal static void Write(HttpRequestHeaders headers, string prefix, IReadOnlyDictionary<string, string> values)
    {
        foreach (var (key, value) in values)
        {
            // A server ends the whole connection because of such a header, and the value may have been forwarded from another service.
            if (!ThriftMetadataNames.HasControlCharacter(value))
            {
                headers.TryAddWithoutValidation(prefix + ToHeaderName(key), value);
            }
        }
    }

    /// <summary>Adds the header to the metainfo if it is metainfo. Only the first value of a key counts; empty values are ignored.</summary>
    internal static bool TryRead(string name, string value, ThriftMetaInfo metaInfo)
    {
        IDictionary<string, string> target;
        string key;
        if (name.StartsWith(TransientPrefix, StringComparison.OrdinalIgnoreCase))
        {
            (target, key) = (metaInfo.Transient, name[TransientPrefix.Length..]);
        }
        else if (name.StartsWith(PersistentPrefix, StringComparison.OrdinalIgnoreCase))
        {
            (target, key) = (metaInfo.Persistent, name[PersistentPrefix.Length..]);
        }
        else
        {
            return false;
        }

        if (key.Length > 0 && value.Length > 0)
        {
            target.TryAdd(key.ToUpperInvariant().Replace('-', '_'), value);
        }

        return true;
    }

    private static string ToHeaderName(string key) => key.ToLowerInvariant().Replace('_', '-');
}
