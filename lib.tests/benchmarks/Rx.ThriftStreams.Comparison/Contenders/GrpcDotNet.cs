using Compared.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>Grpc.AspNetCore and Grpc.Net.Client with Google.Protobuf.</summary>
internal sealed class GrpcDotNet : GrpcContender
{
    private Echo.EchoClient _client = null!;

    internal override string Name => "grpc-dotnet";

    protected override void AddServices(IServiceCollection services) => services.AddGrpc();

    protected override void Map(WebApplication app) => app.MapGrpcService<EchoService>();

    protected override void CreateClient(GrpcChannel channel) => _client = new Echo.EchoClient(channel);

    protected override async Task CallAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        while (clock.Runs)
        {
            Check((await _client.UnaryAsync(new Message { Text = text })).Text, text);
            counter.Count++;
        }
    }

    protected override async Task EchoAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        using var call = _client.Bidirectional();
        while (clock.Runs)
        {
            await call.RequestStream.WriteAsync(new Message { Text = text });
            if (!await call.ResponseStream.MoveNext())
            {
                throw new InvalidOperationException("The stream ended.");
            }

            Check(call.ResponseStream.Current.Text, text);
            counter.Count++;
        }
    }

    protected override async Task ReceiveAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        using var call = _client.Server(new Message { Text = text });
        await foreach (var message in call.ResponseStream.ReadAllAsync())
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
        var counter = clock.NewCounter();
        using var call = _client.Client();
        while (clock.Runs)
        {
            await call.RequestStream.WriteAsync(new Message { Text = text });
            counter.Count++;
        }

        await call.RequestStream.CompleteAsync();
        await call;
    }

    private sealed class EchoService : Echo.EchoBase
    {
        public override Task<Message> Unary(Message request, ServerCallContext context) => Task.FromResult(request);

        public override async Task Server(Message request, IServerStreamWriter<Message> responseStream, ServerCallContext context)
        {
            while (!context.CancellationToken.IsCancellationRequested)
            {
                await responseStream.WriteAsync(request, context.CancellationToken);
            }
        }

        public override async Task<Message> Client(IAsyncStreamReader<Message> requestStream, ServerCallContext context)
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                ArgumentNullException.ThrowIfNull(requestStream.Current.Text);
            }

            return new Message();
        }

        public override async Task Bidirectional(IAsyncStreamReader<Message> requestStream, IServerStreamWriter<Message> responseStream, ServerCallContext context)
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(message, context.CancellationToken);
            }
        }
    }
}
