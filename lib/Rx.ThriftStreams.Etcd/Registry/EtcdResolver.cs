using System.Runtime.CompilerServices;
using Etcdserverpb;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Mvccpb;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>
/// Reads the instances of a service once, then watches them. A watch that breaks ends the enumeration with an exception: the channel keeps its list and enumerates again,
/// which reads everything anew.
/// </summary>
internal sealed partial class EtcdResolver(ThriftEtcdOptions options) : ThriftResolver
{
    /// <summary>How many instances of a service are held.</summary>
    internal const int MaxInstances = 10_000;

    public override void Validate(string target) => Parse(target);

    public override async IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(
        ThriftResolveContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (reach, service) = Parse(context.Target);
        using var etcd = new EtcdConnection(reach, context.TimeProvider);
        var prefix = ByteString.CopyFromUtf8(RegistryKey.OfService(reach.Prefix, service));
        var end = ByteString.CopyFrom(RegistryKey.EndOf(prefix.Span));
        var range = await etcd.RangeAsync(new RangeRequest { Key = prefix, RangeEnd = end, Limit = MaxInstances }, cancellationToken).ConfigureAwait(false);

        // Sorted, so that the same registry is the same list in every process.
        var instances = new SortedDictionary<string, ThriftEndpoint>(StringComparer.Ordinal);
        foreach (var pair in range.Kvs)
        {
            Put(instances, pair, context);
        }

        if (instances.Count == 0)
        {
            throw new InvalidOperationException($"no instance remains for {service}");
        }

        yield return [.. instances.Values];

        var watch = new WatchCreateRequest { Key = prefix, RangeEnd = end, StartRevision = range.Header.Revision + 1 };
        await foreach (var response in etcd.WatchAsync(watch, cancellationToken).ConfigureAwait(false))
        {
            foreach (var change in response.Events)
            {
                if (change.Type == Event.Types.EventType.Delete)
                {
                    instances.Remove(change.Kv.Key.ToStringUtf8());
                }
                else
                {
                    Put(instances, change.Kv, context);
                }
            }

            if (response.Events.Count == 0)
            {
                continue;
            }

            if (instances.Count == 0)
            {
                LogEmpty(context.Logger, service);
                continue;
            }

            yield return [.. instances.Values];
        }
    }

    private static void Put(SortedDictionary<string, ThriftEndpoint> instances, KeyValue pair, ThriftResolveContext context)
    {
        var key = pair.Key.ToStringUtf8();
        if (!RegistryValue.TryParse(key, pair.Value.Memory, out var endpoint, out var error))
        {
            LogInvalid(context.Logger, key, error);
            instances.Remove(key);
        }
        else if (instances.Count < MaxInstances || instances.ContainsKey(key))
        {
            instances[key] = endpoint;
        }
        else
        {
            LogTooMany(context.Logger, context.Target, MaxInstances);
        }
    }

    /// <summary>Separates <c>service</c>, or <c>host:port,host:port/service</c>.</summary>
    private (ThriftEtcdOptions Reach, string Service) Parse(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var path = target.TrimEnd('/');
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var service = path[(slash + 1)..];
        RegistryKey.CheckService(service, nameof(target));
        return slash < 0
            ? (options, service)
            : (options.WithEndpoints(path[..slash].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Snapshot(), service);
    }

    [LoggerMessage(74, LogLevel.Warning, "The entry {Key} of the registry in etcd cannot be read. It is left out.", EventName = "EtcdEntryInvalid")]
    private static partial void LogInvalid(ILogger logger, string key, Exception error);

    [LoggerMessage(75, LogLevel.Warning, "The last instance of {Service} left the registry in etcd. The last list stays in use.", EventName = "EtcdRegistryEmpty")]
    private static partial void LogEmpty(ILogger logger, string service);

    [LoggerMessage(76, LogLevel.Warning, "The registry in etcd has more instances of {Target} than {Most}. The others are left out.", EventName = "EtcdTooManyInstances")]
    private static partial void LogTooMany(ILogger logger, string target, int most);
}
