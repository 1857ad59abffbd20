using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.SignalR;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>The hub.</summary>
public sealed class EchoHub : Hub
{
    public HubMessage Unary(HubMessage message) => message;

    public async IAsyncEnumerable<HubMessage> Server(HubMessage message, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return message;
        }

        await Task.CompletedTask;
    }

    public async Task<HubMessage> Client(IAsyncEnumerable<HubMessage> messages)
    {
        await foreach (var message in messages)
        {
            ArgumentNullException.ThrowIfNull(message.Text);
        }

        return new HubMessage();
    }

    public IAsyncEnumerable<HubMessage> Bidirectional(IAsyncEnumerable<HubMessage> messages) => messages;
}
