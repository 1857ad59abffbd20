using System.Runtime.CompilerServices;
using Compared.Thrift;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>This library over TTHeader Streaming, with text that stays UTF-8: streams in one direction.</summary>
internal sealed class OurUtf8() : ThriftContender("TTHeader, UTF-8 text", "ttheader")
{
    private Utf8EchoClient _client = null!;

    internal override bool Has(Shape shape) => shape is Shape.Server or Shape.Client;

    protected override void AddService(ThriftServerBuilder server) => server.AddService<IUtf8Echo>(new EchoService());

    protected override void CreateClient(ThriftChannel channel) => _client = new Utf8EchoClient(channel);

    protected override Task CallAsync(string text, Clock clock) => throw new NotSupportedException("Only streams are compared.");

    protected override async Task ReceiveAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        await foreach (var message in _client.ServerAsync(new Utf8Message { Text = new ThriftUtf8String(text) }))
        {
            if (message.Text?.Length != text.Length)
            {
                throw new InvalidOperationException($"The message has {message.Text?.Length ?? 0} bytes; {text.Length} were sent.");
            }

            counter.Count++;
            if (!clock.Runs)
            {
                return;
            }
        }
    }

    protected override Task SendAsync(string text, Clock clock)
    {
        var utf8 = new ThriftUtf8String(text);
        return _client.ClientAsync(Messages());

        async IAsyncEnumerable<Utf8Message> Messages()
        {
            var counter = clock.NewCounter();
            while (clock.Runs)
            {
                yield return new Utf8Message { Text = utf8 };
                counter.Count++;
            }

            await Task.CompletedTask;
        }
    }

    private sealed class EchoService : IUtf8Echo
    {
        public async IAsyncEnumerable<Utf8Message> ServerAsync(Utf8Message message, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                yield return message;
            }

            await Task.CompletedTask;
        }

        public async Task<Utf8Message> ClientAsync(IAsyncEnumerable<Utf8Message> messages, CancellationToken cancellationToken = default)
        {
            await foreach (var message in messages.WithCancellation(cancellationToken))
            {
                if (message.Text is null)
                {
                    throw new InvalidOperationException("A message has no text.");
                }
            }

            return new Utf8Message();
        }
    }
}
