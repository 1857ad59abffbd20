using System.Runtime.CompilerServices;
using Compared.Thrift;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>This library, over one of its transports.</summary>
/// <param name="name">The name in tables.</param>
/// <param name="scheme">The scheme of addresses.</param>
/// <param name="configure">Settings of the channel.</param>
/// <param name="configureServer">Settings of the server.</param>
internal sealed class OurLibrary(string name, string scheme, Action<ThriftChannelOptions>? configure = null, Action<ThriftServerOptions>? configureServer = null)
    : ThriftContender(name, scheme, configure, configureServer)
{
    private readonly bool _isUnary = scheme == "grpc";

    // The others carry calls only.
    private readonly bool _hasStreams = configure is null && configureServer is null;
    private EchoClient _client = null!;

    internal override bool Has(Shape shape) => shape == Shape.Call || _hasStreams;

    protected override void AddService(ThriftServerBuilder server) => server.AddService<IEcho>(new EchoService());

    protected override void CreateClient(ThriftChannel channel) => _client = new EchoClient(channel);

    protected override async Task CallAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        while (clock.Runs)
        {
            var answer = _isUnary ? await _client.UnaryAsync(new Message { Text = text }) : await _client.PingPongAsync(new Message { Text = text });
            Check(answer.Text, text);
            counter.Count++;
        }
    }

    protected override async Task EchoAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        await using var call = await _client.OpenBidirectionalAsync();
        await using var answers = call.GetAsyncEnumerator();
        while (clock.Runs)
        {
            await call.SendAsync(new Message { Text = text });
            if (!await answers.MoveNextAsync())
            {
                throw new InvalidOperationException("The stream ended.");
            }

            Check(answers.Current.Text, text);
            counter.Count++;
        }
    }

    protected override async Task ReceiveAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        await foreach (var message in _client.ServerAsync(new Message { Text = text }))
        {
            Check(message.Text, text);
            counter.Count++;
            if (!clock.Runs)
            {
                return;
            }
        }
    }

    protected override Task SendAsync(string text, Clock clock)
    {
        return _client.ClientAsync(Messages());

        async IAsyncEnumerable<Message> Messages()
        {
            var counter = clock.NewCounter();
            while (clock.Runs)
            {
                yield return new Message { Text = text };
                counter.Count++;
            }

            await Task.CompletedTask;
        }
    }

    private sealed class EchoService : IEcho
    {
        public Task<Message> UnaryAsync(Message message, CancellationToken cancellationToken = default) => Task.FromResult(message);

        public Task<Message> PingPongAsync(Message message, CancellationToken cancellationToken = default) => Task.FromResult(message);

        public async IAsyncEnumerable<Message> ServerAsync(Message message, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                yield return message;
            }

            await Task.CompletedTask;
        }

        public async Task<Message> ClientAsync(IAsyncEnumerable<Message> messages, CancellationToken cancellationToken = default)
        {
            await foreach (var message in messages.WithCancellation(cancellationToken))
            {
                ArgumentNullException.ThrowIfNull(message.Text);
            }

            return new Message();
        }

        public IAsyncEnumerable<Message> BidirectionalAsync(IAsyncEnumerable<Message> messages, CancellationToken cancellationToken = default) => messages;
    }
}
