using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>A rival on Grpc.AspNetCore and Grpc.Net.Client.</summary>
internal abstract class GrpcContender() : KestrelContender(HttpProtocols.Http2)
{
    private GrpcChannel? _channel;

    internal override Task ConnectAsync(int port)
    {
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        CreateClient(_channel);
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>Creates the client of the service.</summary>
    protected abstract void CreateClient(GrpcChannel channel);
}
