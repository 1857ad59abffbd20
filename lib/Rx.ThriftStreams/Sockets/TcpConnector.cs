using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Opens sockets to one endpoint. Of a name with several addresses all are tried: one after the other, overlapping, with the address families alternating (RFC 8305).</summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="endpoint"><c>host:port</c>, or <c>unix:/path</c>.</param>
/// <param name="options">The channel's settings.</param>
internal sealed class TcpConnector(string endpoint, ThriftChannelOptions options)
{
    /// <summary>How long an attempt has before the next one starts beside it: what RFC 8305 recommends.</summary>
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Connects.</summary>
    /// <param name="limit">The time that the caller allows; the addresses share it.</param>
    /// <param name="cancellationToken">Cancels all attempts.</param>
    /// <exception cref="SocketException">No address could be connected to. The first failure is reported.</exception>
    internal async ValueTask<Socket> ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (EndpointAddress.IsUnix(endpoint))
        {
            return await ConnectAsync(new UnixDomainSocketEndPoint(EndpointAddress.PathOf(endpoint)), cancellationToken).ConfigureAwait(false);
        }

        if (IPEndPoint.TryParse(endpoint, out var numeric))
        {
            return await ConnectAsync(numeric, cancellationToken).ConfigureAwait(false);
        }

        var port = int.Parse(EndpointAddress.PortOf(endpoint), System.Globalization.CultureInfo.InvariantCulture);
        var addresses = Alternate(await options.Lookup(EndpointAddress.HostOf(endpoint), cancellationToken).ConfigureAwait(false));
        return addresses.Length switch
        {
            0 => throw new SocketException((int)SocketError.HostNotFound),
            1 => await ConnectAsync(new IPEndPoint(addresses[0], port), cancellationToken).ConfigureAwait(false),
            _ => await RaceAsync(addresses, port, limit, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>The addresses with their families alternating, in the order of the resolver otherwise.</summary>
    internal static IPAddress[] Alternate(IPAddress[] addresses)
    {
        if (addresses.Length < 2)
        {
            return addresses;
        }

        var first = addresses[0].AddressFamily;
        var (own, other) = (addresses.Where(address => address.AddressFamily == first), addresses.Where(address => address.AddressFamily != first));
        return [.. own.Select(static (address, i) => (address, Turn: i * 2))
            .Concat(other.Select(static (address, i) => (address, Turn: (i * 2) + 1)))
            .OrderBy(static pair => pair.Turn)
            .Select(static pair => pair.address)];
    }

    private async Task<Socket> RaceAsync(IPAddress[] addresses, int port, TimeSpan limit, CancellationToken cancellationToken)
    {
        // The last address must start early enough to have its share of the time.
        var share = CallTimers.IsLimit(limit) ? limit / addresses.Length : AttemptDelay;
        var delay = CallTimers.DueTime(share < AttemptDelay ? share : AttemptDelay);
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Socket>>();
        Exception? failure = null;
        try
        {
            var next = 0;
            while (next < addresses.Length || running.Count > 0)
            {
                if (next < addresses.Length)
                {
                    running.Add(ConnectAsync(new IPEndPoint(addresses[next++], port), losers.Token));
                }

                var ended = await NextAsync(running, next < addresses.Length ? delay : null, losers.Token).ConfigureAwait(false);
                if (ended is null)
                {
                    continue;
                }

                running.Remove(ended);
                try
                {
                    return await ended.ConfigureAwait(false);
                }
                catch (Exception error) when (!cancellationToken.IsCancellationRequested)
                {
                    failure ??= error;
                }
            }

            throw failure!;
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            foreach (var loser in running)
            {
                _ = DiscardAsync(loser);
            }
        }
    }

    /// <summary>The first attempt that ends, or <see langword="null"/> when it is time for the next one.</summary>
    private async Task<Task<Socket>?> NextAsync(List<Task<Socket>> running, TimeSpan? delay, CancellationToken cancellationToken)
    {
        var any = Task.WhenAny(running);
        if (delay is not { } pause)
        {
            return await any.ConfigureAwait(false);
        }

        using var pausing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(any, Task.Delay(pause, options.TimeProvider, pausing.Token)).ConfigureAwait(false);
        await pausing.CancelAsync().ConfigureAwait(false);
        return any.IsCompleted ? await any.ConfigureAwait(false) : null;
    }

    /// <summary>An attempt that succeeded after another one had won.</summary>
    private static async Task DiscardAsync(Task<Socket> loser)
    {
        await ((Task)loser).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loser.IsCompletedSuccessfully)
        {
            (await loser.ConfigureAwait(false)).Dispose();
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        var socket = endpoint is IPEndPoint
            ? new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (endpoint is IPEndPoint)
            {
                TcpKeepAlive.Enable(socket);
            }

            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
