using System.Runtime.CompilerServices;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ProtoBuf.Grpc;
using ProtoBuf.Grpc.Client;
using ProtoBuf.Grpc.Server;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>protobuf-net.Grpc with <see cref="IAsyncEnumerable{T}"/>.</summary>
internal sealed class ProtobufNet : GrpcContender
{
    private IEchoContract _client = null!;

    internal override string Name => "protobuf-net.Grpc";

    protected override void AddServices(IServiceCollection services) => services.AddCodeFirstGrpc();

    protected override void Map(WebApplication app) => app.MapGrpcService<EchoService>();

    protected override void CreateClient(GrpcChannel channel) => _client = channel.CreateGrpcService<IEchoContract>();

    protected override async Task CallAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        while (clock.Runs)
        {
            Check((await _client.UnaryAsync(new EchoMessage { Text = text })).Text, text);
            counter.Count++;
        }
    }

    protected override async Task EchoAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        using var answered = new SemaphoreSlim(1);
        await foreach (var message in _client.BidirectionalAsync(Messages()))
        {
            Check(message.Text, text);
            counter.Count++;
            answered.Release();
            if (!clock.Runs)
            {
                return;
            }
        }

        async IAsyncEnumerable<EchoMessage> Messages([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (clock.Runs)
            {
                await answered.WaitAsync(cancellationToken);
                yield return new EchoMessage { Text = text };
            }
        }
    }

    protected override async Task ReceiveAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        await foreach (var message in _client.ServerAsync(new EchoMessage { Text = text }))
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
        await _client.ClientAsync(Messages());

        async IAsyncEnumerable<EchoMessage> Messages()
        {
            var counter = clock.NewCounter();
            while (clock.Runs)
            {
                yield return new EchoMessage { Text = text };
                counter.Count++;
            }

            await Task.CompletedTask;
        }
    }

    private sealed class EchoService : IEchoContract
    {
        public ValueTask<EchoMessage> UnaryAsync(EchoMessage message, CallContext context = default) => new(message);

        public async IAsyncEnumerable<EchoMessage> ServerAsync(EchoMessage message, CallContext context = default)
        {
            while (!context.CancellationToken.IsCancellationRequested)
            {
                yield return message;
            }

            await Task.CompletedTask;
        }

        public async ValueTask<EchoMessage> ClientAsync(IAsyncEnumerable<EchoMessage> messages, CallContext context = default)
        {
            await foreach (var message in messages.WithCancellation(context.CancellationToken))
            {
                ArgumentNullException.ThrowIfNull(message.Text);
            }

            return new EchoMessage();
        }

        public IAsyncEnumerable<EchoMessage> BidirectionalAsync(IAsyncEnumerable<EchoMessage> messages, CallContext context = default) => messages;
    }
}
