using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Etcdserverpb;
using Grpc.Core;
using Grpc.Net.Client;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>The members of a cluster: sends each request to the member that answered last, and on a failure to the next one.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EtcdConnection : IDisposable
{
    /// <summary>Ten thousand instances with their tags fit.</summary>
    private const int MaxResponse = 16 << 20;

    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    private readonly ThriftEtcdOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly GrpcChannel[] _members;
    private volatile Metadata? _credentials;
    private int _current;

    internal EtcdConnection(ThriftEtcdOptions options, TimeProvider timeProvider)
    {
        _options = options;
        _timeProvider = timeProvider;
        var endpoints = options.Endpoints.Count == 0 ? [EtcdAddress.Default] : options.Endpoints;
        _members = [.. endpoints.Select(endpoint => Open(EtcdAddress.Parse(endpoint, options.TlsOptions is not null)))];
    }

    /// <summary>Sends a request to each member in turn, until one answers.</summary>
    /// <exception cref="RpcException">The last member failed too.</exception>
    internal async Task<TResponse> RequestAsync<TState, TResponse>(
        TState state, Func<CallInvoker, TState, CallOptions, Task<TResponse>> request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var member = Current;
            try
            {
                // Not a deadline of gRPC, which follows the wall clock.
                using var limit = new CancellationTokenSource(_options.RequestTimeout, _timeProvider);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                var credentials = await CredentialsAsync(member, both.Token).ConfigureAwait(false);
                return await request(member.CreateCallInvoker(), state, new CallOptions(credentials, cancellationToken: both.Token)).ConfigureAwait(false);
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Failed(member);
                if (attempt >= _members.Length)
                {
                    var status = error is RpcException { StatusCode: not StatusCode.Cancelled } rpc
                        ? rpc.Status
                        : new Status(StatusCode.DeadlineExceeded, $"no answer within {_options.RequestTimeout}");
                    throw new RpcException(status, $"etcd at {Names} failed: {status.Detail}.");
                }
            }
        }
    }

    /// <summary>Reads keys.</summary>
    /// <inheritdoc cref="RequestAsync{TState, TResponse}"/>
    internal Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) => RequestAsync(
        request,
        static (invoker, request, call) => new KV.KVClient(invoker).RangeAsync(request, call).ResponseAsync,
        cancellationToken);

    /// <summary>Writes a key.</summary>
    /// <inheritdoc cref="RequestAsync{TState, TResponse}"/>
    internal Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken) => RequestAsync(
        request,
        static (invoker, request, call) => new KV.KVClient(invoker).PutAsync(request, call).ResponseAsync,
        cancellationToken);

    /// <summary>Revokes a lease, which deletes the keys that belong to it.</summary>
    /// <inheritdoc cref="RequestAsync{TState, TResponse}"/>
    internal Task<LeaseRevokeResponse> RevokeAsync(long lease, CancellationToken cancellationToken) => RequestAsync(
        new LeaseRevokeRequest { ID = lease },
        static (invoker, request, call) => new Lease.LeaseClient(invoker).LeaseRevokeAsync(request, call).ResponseAsync,
        cancellationToken);

    /// <summary>Watches keys on the member that answered last, from a revision on. Ends by an exception.</summary>
    internal async IAsyncEnumerable<WatchResponse> WatchAsync(
        WatchCreateRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var member = Current;
        var isCreated = false;
        using var call = new Watch.WatchClient(member.CreateCallInvoker())
            .Watch(new CallOptions(await CredentialsAsync(member, cancellationToken).ConfigureAwait(false), cancellationToken: cancellationToken));
        while (true)
        {
            WatchResponse response;
            try
            {
                if (!isCreated)
                {
                    await call.RequestStream.WriteAsync(new WatchRequest { CreateRequest = request }, cancellationToken).ConfigureAwait(false);
                    isCreated = true;
                }

                response = await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false)
                    ? call.ResponseStream.Current
                    : throw new RpcException(new Status(StatusCode.Unavailable, "etcd ended the watch."));
                if (response.Canceled)
                {
                    throw new RpcException(new Status(StatusCode.Aborted, $"etcd cancelled the watch: {response.CancelReason}"));
                }
            }
            catch (RpcException)
            {
                Failed(member);
                throw;
            }

            yield return response;
        }
    }

    public void Dispose()
    {
        foreach (var member in _members)
        {
            member.Dispose();
        }
    }

    private GrpcChannel Current => _members[(uint)Volatile.Read(ref _current) % (uint)_members.Length];

    private string Names => string.Join(", ", _members.Select(static member => member.Target));

    private void Failed(GrpcChannel member)
    {
        // A restarted member does not know the token any more.
        _credentials = null;
        var current = Volatile.Read(ref _current);
        if (ReferenceEquals(_members[(uint)current % (uint)_members.Length], member))
        {
            Interlocked.CompareExchange(ref _current, current + 1, current);
        }
    }

    private async Task<Metadata?> CredentialsAsync(GrpcChannel member, CancellationToken cancellationToken)
    {
        if (_options.UserName is null || _credentials is not null)
        {
            return _credentials;
        }

        var response = await new Auth.AuthClient(member).AuthenticateAsync(
            new AuthenticateRequest { Name = _options.UserName, Password = _options.Password }, new CallOptions(cancellationToken: cancellationToken)).ConfigureAwait(false);
        return _credentials = new Metadata { { "token", response.Token } };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The channel disposes of the handler.")]
    private GrpcChannel Open(Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            // Finds a member that is gone without a word, also while a watch has nothing to report.
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectTimeout = _options.RequestTimeout,
            UseProxy = false,
        };
        if (_options.TlsOptions is { } tls)
        {
            handler.SslOptions = tls;
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = MaxResponse });
    }
}
