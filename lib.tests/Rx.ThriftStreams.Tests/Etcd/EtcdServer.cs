using System.Diagnostics;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.Etcd.Registry;

namespace Rx.ThriftStreams.Tests.Etcd;

/// <summary>A real etcd on the loopback address, with its data in a temporary directory.</summary>
internal sealed class EtcdServer : IAsyncDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("rx-thrift-etcd-").FullName;
    private readonly int _port = Ports.Free();
    private readonly int _peerPort = Ports.Free();
    private readonly EtcdConnection _client;
    private Process _process;

    private EtcdServer()
    {
        _process = Start();
        var options = new ThriftEtcdOptions();
        options.Endpoints.Add(Address);
        _client = new EtcdConnection(options, TimeProvider.System);
    }

    /// <summary>Where clients connect.</summary>
    internal string Address => $"127.0.0.1:{_port}";

    /// <summary>Skips the test where etcd is not installed, unless RX_REQUIRE_ETCD is set.</summary>
    internal static async Task<EtcdServer> StartAsync()
    {
        if (!IsInstalled())
        {
            const string Missing = "etcd is missing: install the Debian package etcd-server.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("RX_REQUIRE_ETCD") is null, Missing);
            throw new InvalidOperationException(Missing);
        }

        var server = new EtcdServer();
        await server.WaitAsync();
        return server;
    }

    internal async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).Soon();
        _process.Dispose();
    }

    internal async Task RestartAsync()
    {
        _process = Start();
        await WaitAsync();
    }

    internal async Task<KeyValue?> ReadAsync(string key)
        => (await RangeAsync(key)).Kvs.SingleOrDefault();

    internal Task PutAsync(string key, string value)
        => _client.PutAsync(new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) }, TestContext.Current.CancellationToken).Soon();

    internal Task DeleteAsync(string key) => _client.RequestAsync(
        new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(key) },
        static (invoker, request, call) => new KV.KVClient(invoker).DeleteRangeAsync(request, call).ResponseAsync,
        TestContext.Current.CancellationToken).Soon();

    internal Task RevokeAsync(long lease) => _client.RevokeAsync(lease, TestContext.Current.CancellationToken).Soon();

    /// <summary>From now on only the user <c>root</c>, with that password, may do anything.</summary>
    internal Task RequirePasswordAsync(string password) => _client.RequestAsync(password, EnableAuthAsync, TestContext.Current.CancellationToken).Soon();

    /// <summary>Waits until a key exists, as it was written after the given revision.</summary>
    internal async Task<KeyValue> WaitForAsync(string key, long after = 0)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Waits.Limit);
        var range = await RangeAsync(key);
        if (range.Kvs.SingleOrDefault(pair => pair.ModRevision > after) is { } present)
        {
            return present;
        }

        var watch = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(key), StartRevision = range.Header.Revision + 1 };
        await foreach (var response in _client.WatchAsync(watch, limit.Token))
        {
            if (response.Events.LastOrDefault(static change => change.Type == Event.Types.EventType.Put) is { } written)
            {
                return written.Kv;
            }
        }

        throw new InvalidOperationException("The watch ended.");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private static async Task<AuthEnableResponse> EnableAuthAsync(CallInvoker invoker, string password, CallOptions options)
    {
        var auth = new Auth.AuthClient(invoker);
        await auth.UserAddAsync(new AuthUserAddRequest { Name = "root", Password = password }, options);
        await auth.UserGrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, options);
        return await auth.AuthEnableAsync(new AuthEnableRequest(), options);
    }

    private Task<RangeResponse> RangeAsync(string key) => _client.RangeAsync(new() { Key = ByteString.CopyFromUtf8(key) }, TestContext.Current.CancellationToken).Soon();

    private static bool IsInstalled()
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "etcd")));

    private Process Start()
    {
        var client = $"http://{Address}";
        var peer = $"http://127.0.0.1:{_peerPort}";

        // A server whose test was killed ends by itself.
        string[] arguments =
        [
            "180", "etcd", "--name", "test", "--data-dir", _data, "--log-level", "error", "--logger", "zap", "--log-outputs", "/dev/null", "--quota-backend-bytes", "16777216",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"test={peer}",
        ];
        return Process.Start(new ProcessStartInfo("timeout", arguments) { UseShellExecute = false })!;
    }

    /// <summary>Waits until etcd answers. A connection that is refused fails at once.</summary>
    private async Task WaitAsync()
    {
        using var limit = new CancellationTokenSource(Waits.Limit);
        while (true)
        {
            try
            {
                await RangeAsync("ready");
                return;
            }
            catch (RpcException) when (!_process.HasExited && !limit.IsCancellationRequested)
            {
                await Task.Yield();
            }
        }
    }
}
