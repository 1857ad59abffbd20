#:project Echo/Echo.csproj
#:project ../../lib/Rx.ThriftStreams.AspNetCore/Rx.ThriftStreams.AspNetCore.csproj
#:property PublishAot=false

// The cells of quickstart.dib as a program: dotnet run quickstart.cs [-- grpc://host:port]
// Without an address it serves itself; the notebook calls the demo's server instead.
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.AspNetCore;
// <sample notebook-usings>
using System.Reactive.Linq;
using Demo.Echo;
using Rx.ThriftStreams;
// </sample notebook-usings>

await using ThriftServer? server = args.Length > 0 ? null : await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService, Words>());
string address = args.FirstOrDefault() ?? $"grpc://{server!.Endpoint}";

// <sample notebook-channel>
var channel = ThriftChannel.ForAddress(address);
var client = new TestServiceClient(channel);
// </sample notebook-channel>

// <sample notebook-stream>
await foreach (var token in client.EchoServerAsync(new Request { Message = "What is Thrift streaming?" }))
{
    Console.Write(token.Message);
}

Console.WriteLine();
// </sample notebook-stream>

// <sample notebook-linq>
var lengths = await client.EchoServerAsync(new Request { Message = "What is Thrift streaming?" })
    .Select(token => token.Message!.Trim())
    .CountBy(word => word.Length)
    .OrderBy(group => group.Key)
    .ToListAsync();

foreach (var (length, count) in lengths)
{
    Console.WriteLine($"{length,2} {new string('#', count)}");
}
// </sample notebook-linq>

// <sample notebook-rx>
await client.AsObservable()
    .EchoServer(new Request { Message = "What is Thrift streaming?" })
    .Buffer(10)
    .ForEachAsync(batch => Console.WriteLine(string.Concat(batch.Select(token => token.Message)).Trim()));
// </sample notebook-rx>

// <sample notebook-end>
await channel.DisposeAsync();
// </sample notebook-end>

internal sealed class Words : ITestService
{
    public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var word in "Messages of a Thrift service come one by one, each when it is ready, and can be awaited, queried or observed.".Split(' '))
        {
            await Task.Delay(10, cancellationToken);
            yield return new Response { Message = $"{word} " };
        }
    }

    public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => requests.Select(request => new Response { Message = request.Message });

    public async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => new() { Message = $"{await requests.CountAsync(cancellationToken)} messages" };

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = req.Message });

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = req.Message });
}
