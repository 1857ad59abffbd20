using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A listening socket whose connections a test answers by hand.</summary>
internal sealed class ScriptedStreamingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _accepted = [];

    public ScriptedStreamingServer() => _listener.Start();

    public string Address => $"ttheader://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public async Task<FramePeer> AcceptAsync()
    {
        var client = await _listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        client.NoDelay = true;
        _accepted.Add(client);
        var stream = client.GetStream();
        return new FramePeer(new PipeEnd(PipeReader.Create(stream), PipeWriter.Create(stream)));
    }

    /// <summary>Closes the connections that were accepted.</summary>
    public void Drop() => _accepted.ForEach(client => client.Dispose());

    public ValueTask DisposeAsync()
    {
        Drop();
        _listener.Dispose();
        return default;
    }
}
