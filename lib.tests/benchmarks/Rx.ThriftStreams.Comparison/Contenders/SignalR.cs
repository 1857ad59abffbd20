using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>SignalR with its MessagePack protocol over a WebSocket, which all calls and streams share.</summary>
internal sealed class SignalR() : KestrelContender(HttpProtocols.Http1)
{
    private HubConnection? _connection;

    internal override string Name => "SignalR";

    internal override async Task ConnectAsync(int port)
    {
        _connection = new HubConnectionBuilder().WithUrl($"http://127.0.0.1:{port}/echo").AddMessagePackProtocol().Build();
        await _connection.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected override void AddServices(IServiceCollection services) => services.AddSignalR(static options =>
    {
        options.MaximumReceiveMessageSize = 1024 * 1024;
        options.MaximumParallelInvocationsPerClient = 64;
    }).AddMessagePackProtocol();

    protected override void Map(WebApplication app) => app.MapHub<EchoHub>("/echo");

    protected override async Task CallAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        while (clock.Runs)
        {
            Check((await _connection!.InvokeAsync<HubMessage>(nameof(EchoHub.Unary), new HubMessage { Text = text })).Text, text);
            counter.Count++;
        }
    }

    protected override async Task EchoAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        using var answered = new SemaphoreSlim(1);
        await foreach (var message in _connection!.StreamAsync<HubMessage>(nameof(EchoHub.Bidirectional), Messages()))
        {
            Check(message.Text, text);
            counter.Count++;
            answered.Release();
            if (!clock.Runs)
            {
                return;
            }
        }

        async IAsyncEnumerable<HubMessage> Messages([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (clock.Runs)
            {
                await answered.WaitAsync(cancellationToken);
                yield return new HubMessage { Text = text };
            }
        }
    }

    protected override async Task ReceiveAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        await foreach (var message in _connection!.StreamAsync<HubMessage>(nameof(EchoHub.Server), new HubMessage { Text = text }))
        {
            Check(message.Text, text);
            counter.Count++;
            if (!clock.Runs)
            {
                return;
            }
        }
    }

    protected override async Task SendAsync(string text, Clock clock)
    {
        await _connection!.InvokeAsync<HubMessage>(nameof(EchoHub.Client), Messages());

        async IAsyncEnumerable<HubMessage> Messages()
        {
            var counter = clock.NewCounter();
            while (clock.Runs)
            {
                yield return new HubMessage { Text = text };
                counter.Count++;
            }

            await Task.CompletedTask;
        }
    }
}
