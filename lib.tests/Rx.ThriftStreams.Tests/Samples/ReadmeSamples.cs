using System.Collections.Concurrent;
using System.Reactive.Linq;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of README.md, compiled and run.</summary>
public sealed class ReadmeSamples
{
    [Fact]
    public async Task Readme()
    {
        await using ThriftServer server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService, EchoService>());
        string address = $"grpc://{server.Endpoint}";
        var shown = new ConcurrentQueue<string?>();
        void Show(string? text) => shown.Enqueue(text);

        // <sample readme>
        await using ThriftChannel channel = ThriftChannel.ForAddress(address);
        var client = new TestServiceClient(channel);

        // await foreach: each response as it arrives.
        await foreach (Response response in client.EchoServerAsync(new Request { Message = "hi" }))
        {
            Show(response.Message);
        }

        // LINQ: requests stream out while responses stream in; Take ends the call.
        IAsyncEnumerable<Request> questions = AsyncEnumerable.Range(1, 1000).Select(n => new Request { Message = $"{n}" });
        List<string?> answers = await client.EchoAsync(questions).Select(response => response.Message).Take(100).ToListAsync();

        // Rx: the same client as observables.
        await client.AsObservable().EchoServer(new Request { Message = "hi" })
            .Buffer(3)
            .ForEachAsync(batch => Show($"{batch.Count} at once"));
        // </sample readme>

        Assert.Equal(["hi-0", "hi-1", "hi-2", "3 at once"], shown);
        Assert.Equal(Enumerable.Range(1, 100).Select(n => $"{n}"), answers);
    }
}
