using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>This library: its server with one service, and a channel.</summary>
/// <param name="name">The name in tables.</param>
/// <param name="scheme">The scheme of addresses.</param>
/// <param name="configure">Settings of the channel.</param>
/// <param name="configureServer">Settings of the server.</param>
internal abstract class ThriftContender(
    string name, string scheme, Action<ThriftChannelOptions>? configure = null, Action<ThriftServerOptions>? configureServer = null) : Contender
{
    private ThriftServer? _server;
    private ThriftChannel? _channel;

    internal override string Name => name;

    internal override async Task ServeAsync(int port) => _server = await ThriftServer.StartAsync($"127.0.0.1:{port}", server =>
    {
        AddService(server);
        server.Configure(options =>
        {
            configureServer?.Invoke(options);
            if (Kestrel == KestrelSetting.SmallBlocks)
            {
                options.Limits.MaxLargeBlockMemory = 0;
            }
        });
        server.Services(services => services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.WaitForDataBeforeAllocatingBuffer &= Kestrel != KestrelSetting.NoWaiting;
            sockets.UnsafePreferInlineScheduling |= Kestrel == KestrelSetting.Inline;
            sockets.IOQueueCount = Kestrel == KestrelSetting.OneQueue ? 1 : sockets.IOQueueCount;
        }));
    });

    internal override Task ConnectAsync(int port)
    {
        var options = new ThriftChannelOptions();
        configure?.Invoke(options);
        _channel = ThriftChannel.ForAddress($"{scheme}://127.0.0.1:{port}", options);
        CreateClient(_channel);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_channel is not null)
        {
            await _channel.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>Adds the service.</summary>
    protected abstract void AddService(ThriftServerBuilder server);

    /// <summary>Creates the client of the service.</summary>
    protected abstract void CreateClient(ThriftChannel channel);
}
