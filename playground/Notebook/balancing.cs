#:project Support/Playground.csproj
#:property PublishAot=false

// The cells of balancing.dib as a program: dotnet run balancing.cs. Written by convert.cs.
using Demo.Echo;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Playground;

var names = new[] { "A", "B", "C" };
var servers = new List<PlaygroundServer>();
var endpoints = new List<ThriftEndpoint>();
foreach (var name in names)
{
    var server = await PlaygroundServer.StartAsync(new Named(name));
    servers.Add(server);
    endpoints.Add(new ThriftEndpoint(server.Endpoint) { Weight = 10 * (endpoints.Count + 1) });
}

ThriftChannel Open(ThriftBalancer balancer, IEnumerable<ThriftEndpoint> among)
    => ThriftChannel.ForAddress("ttheader://servers", new ThriftChannelOptions { Resolver = ThriftResolvers.Static(among), Balancer = balancer });

async Task<Dictionary<string, int>> CountAsync(ThriftBalancer balancer, int calls)
{
    var answers = new Dictionary<string, int>();
    await using var channel = Open(balancer, endpoints);
    var client = new TestServiceClient(channel);
    for (var call = 0; call < calls; call++)
    {
        var name = (await client.EchoPingPongAsync(new Request())).Message!;
        answers[name] = answers.GetValueOrDefault(name) + 1;
    }

    return answers;
}

var shares = new Bars("answers of 600");
foreach (var (name, balancer) in new[]
{
    ("RoundRobin", ThriftBalancers.RoundRobin),
    ("Interleaved", ThriftBalancers.InterleavedRoundRobin),
    ("Random", ThriftBalancers.Random),
    ("Alias", ThriftBalancers.Alias),
    ("LeastStreams", ThriftBalancers.LeastStreams),
    ("PickTwo", ThriftBalancers.PickTwo),
})
{
    var answers = await CountAsync(balancer, 600);
    shares.Add(name, answers);
    if (name is "RoundRobin" or "Interleaved")
    {
        Console.WriteLine($"{name}: A {answers["A"]}, B {answers["B"]}, C {answers["C"]}");
    }
}

shares.ToPlot().Show();

async Task<Dictionary<string, string>> MapAsync(IEnumerable<ThriftEndpoint> among)
{
    var map = new Dictionary<string, string>();
    await using var channel = Open(ThriftBalancers.ConsistentHash(), among);
    var client = new TestServiceClient(channel);
    for (var n = 0; n < 600; n++)
    {
        var key = $"user-{n}";
        map[key] = (await client.EchoPingPongAsync(new Request(), new ThriftCallOptions { HashKey = key })).Message!;
    }

    return map;
}

var before = await MapAsync(endpoints);
var after = await MapAsync(endpoints.Take(2));
var keys = new Bars("keys of 600");
keys.Add("A, B and C", before.CountBy(pair => pair.Value).ToDictionary());
keys.Add("after C has left", after.CountBy(pair => pair.Value).ToDictionary());
keys.ToPlot().Show();
Console.WriteLine($"keys of A and B that moved: {before.Count(pair => pair.Value != "C" && after[pair.Key] != pair.Value)}");

foreach (var server in servers)
{
    await server.DisposeAsync();
}

internal sealed class Named(string name) : WordsService
{
    public override Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = name });
}
