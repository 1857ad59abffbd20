using System.Text.Json;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Mvccpb;
using Rx.ThriftStreams.Etcd.Registry;

namespace Rx.ThriftStreams.Etcd.Configuration;

/// <summary>Reads the JSON object at one key in the background, and watches the key.</summary>
internal sealed partial class EtcdConfigurationProvider(ThriftEtcdOptions options, string key, string section, TimeProvider timeProvider, ILogger logger)
    : ConfigurationProvider, IDisposable
{
    private const int MaxLength = 1 << 20;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _disposing = new();
    private int _isStarted;

    /// <summary>Starts to read. The interface is synchronous: waiting for etcd here would block the start of the process.</summary>
    public override void Load()
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
        {
            using var flow = ExecutionContext.SuppressFlow();
            _ = Task.Run(() => FollowAsync(_disposing.Token), CancellationToken.None);
        }
    }

    /// <summary>Stops reading. What has been read stays.</summary>
    public void Dispose() => _disposing.Cancel();

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        using var etcd = new EtcdConnection(options, timeProvider);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ReadAndWatchAsync(etcd, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException error)
            {
                LogUnreachable(logger, key, RetryDelay, error);
            }

            await Task.Delay(RetryDelay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAndWatchAsync(EtcdConnection etcd, CancellationToken cancellationToken)
    {
        var bytes = ByteString.CopyFromUtf8(key);
        var range = await etcd.RangeAsync(new RangeRequest { Key = bytes }, cancellationToken).ConfigureAwait(false);
        Accept(range.Kvs.Count == 0 ? null : range.Kvs[0].Value);

        var watch = new WatchCreateRequest { Key = bytes, StartRevision = range.Header.Revision + 1 };
        await foreach (var response in etcd.WatchAsync(watch, cancellationToken).ConfigureAwait(false))
        {
            foreach (var change in response.Events)
            {
                Accept(change.Type == Event.Types.EventType.Delete ? null : change.Kv.Value);
            }
        }
    }

    private void Accept(ByteString? value)
    {
        try
        {
            Data = value is null ? EmptyData() : JsonValues.Read(value.Length <= MaxLength ? value.Memory : throw new FormatException($"The value has {value.Length} bytes; {MaxLength} are allowed."), section);
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            LogInvalid(logger, key, error);
            return;
        }

        try
        {
            OnReload();
        }
        catch (Exception error)
        {
            // Listeners are the application's code: one that fails must not end the reading.
            LogListenerFailed(logger, key, error);
        }
    }

    private static Dictionary<string, string?> EmptyData() => new(StringComparer.OrdinalIgnoreCase);

    [LoggerMessage(77, LogLevel.Warning, "The configuration {Key} in etcd could not be read. Its values stay, and it is read again in {Pause}.", EventName = "EtcdConfigurationUnreachable")]
    private static partial void LogUnreachable(ILogger logger, string key, TimeSpan pause, Exception error);

    [LoggerMessage(78, LogLevel.Warning, "The configuration {Key} in etcd is not a JSON object that can be used. The previous values stay in use.", EventName = "EtcdConfigurationInvalid")]
    private static partial void LogInvalid(ILogger logger, string key, Exception error);

    [LoggerMessage(79, LogLevel.Error, "Code that follows the configuration {Key} failed on a change.", EventName = "EtcdConfigurationListenerFailed")]
    private static partial void LogListenerFailed(ILogger logger, string key, Exception error);
}
