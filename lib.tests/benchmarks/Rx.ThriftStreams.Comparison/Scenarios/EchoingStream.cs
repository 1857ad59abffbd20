using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>An open stream whose server sends each message back.</summary>
internal sealed class EchoingStream(ThriftDuplexStreamingCall<Message, Message> call) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<Message> _answers = call.GetAsyncEnumerator();

    internal async Task EchoAsync()
    {
        await call.SendAsync(new Message { Text = "0123456789abcdef" });
        if (!await _answers.MoveNextAsync())
        {
            throw new InvalidOperationException("The stream ended.");
        }
    }

    public ValueTask DisposeAsync() => _answers.DisposeAsync();
}
