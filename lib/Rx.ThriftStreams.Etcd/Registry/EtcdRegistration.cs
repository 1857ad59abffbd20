using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>Keeps one instance registered under a lease. Not thread-safe: <see cref="RunAsync"/>, then <see cref="RemoveAsync"/>.</summary>
internal sealed partial class EtcdRegistration(
    EtcdConnection etcd, string key, string value, TimeSpan leaseTime, TimeProvider timeProvider, ILogger logger)
{
    private long _lease;

    /// <summary>Registers, renews, and registers again when the entry or its lease is lost. Ends when the token is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var pause = leaseTime / 3;
            try
            {
                if (!await RenewAsync(cancellationToken).ConfigureAwait(false))
                {
                    await PutAsync(cancellationToken).ConfigureAwait(false);
                    LogRegistered(logger, key);
                }
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException error)
            {
                pause = leaseTime / 6;
                LogFailed(logger, key, pause, error);
            }

            await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Removes the entry. Revoking the lease deletes the key if this registration still owns it: an entry that another process wrote since stays.</summary>
    internal async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (_lease == 0)
        {
            return;
        }

        try
        {
            await etcd.RevokeAsync(_lease, cancellationToken).ConfigureAwait(false);
            LogRemoved(logger, key);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            LogRemoved(logger, key);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            LogNotRemoved(logger, key, leaseTime, error);
        }
    }

    /// <returns>Whether the lease lives and the key belongs to it.</returns>
    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        if (_lease == 0)
        {
            return false;
        }

        var left = await etcd.RequestAsync(_lease, KeepAliveAsync, cancellationToken).ConfigureAwait(false);
        if (left <= 0)
        {
            _lease = 0;
            return false;
        }

        var range = await etcd.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8(key) }, cancellationToken).ConfigureAwait(false);
        return range.Kvs.Count == 1 && range.Kvs[0].Lease == _lease;
    }

    private async Task PutAsync(CancellationToken cancellationToken)
    {
        if (_lease == 0)
        {
            var granted = await etcd.RequestAsync(
                new LeaseGrantRequest { TTL = (long)leaseTime.TotalSeconds },
                static (invoker, request, call) => new Lease.LeaseClient(invoker).LeaseGrantAsync(request, call).ResponseAsync,
                cancellationToken).ConfigureAwait(false);
            _lease = granted.ID;
        }

        var entry = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value), Lease = _lease };
        await etcd.PutAsync(entry, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>The seconds that the lease has left; 0 if it is gone.</returns>
    private static async Task<long> KeepAliveAsync(CallInvoker invoker, long lease, CallOptions options)
    {
        using var call = new Lease.LeaseClient(invoker).LeaseKeepAlive(options);
        await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = lease }, options.CancellationToken).ConfigureAwait(false);
        if (!await call.ResponseStream.MoveNext(options.CancellationToken).ConfigureAwait(false))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "etcd ended the keep-alive."));
        }

        var left = call.ResponseStream.Current.TTL;
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return left;
    }

    [LoggerMessage(70, LogLevel.Information, "Registered {Key} in etcd.", EventName = "EtcdRegistered")]
    private static partial void LogRegistered(ILogger logger, string key);

    [LoggerMessage(71, LogLevel.Warning, "{Key} could not be registered or renewed in etcd. The next attempt is in {Pause}.", EventName = "EtcdRegistrationFailed")]
    private static partial void LogFailed(ILogger logger, string key, TimeSpan pause, Exception error);

    [LoggerMessage(72, LogLevel.Information, "Removed {Key} from etcd.", EventName = "EtcdDeregistered")]
    private static partial void LogRemoved(ILogger logger, string key);

    [LoggerMessage(73, LogLevel.Warning, "{Key} could not be removed from etcd. It disappears with its lease, in at most {LeaseTime}.", EventName = "EtcdDeregistrationFailed")]
    private static partial void LogNotRemoved(ILogger logger, string key, TimeSpan leaseTime, Exception error);
}
