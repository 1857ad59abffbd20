// A web application with a Thrift port of its own, called by a client of the same process.
using System.Net;
using Consumer;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Apache;
using Rx.ThriftStreams.AspNetCore;
using Thrift.Protocol;
using Thrift.Transport.Client;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddThriftStreams();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams()));
await using var app = builder.Build();
app.MapThriftService<IClock, Clock>();
await app.StartAsync();

var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
await using var channel = ThriftChannel.ForAddress($"grpc://127.0.0.1:{address.Port}");
var numbers = await new ClockClient(channel).WatchAsync(new Tick { Number = 5 }).Take(3).Select(tick => tick.Number).ToListAsync();
Console.WriteLine(string.Join(' ', numbers));

using var transport = new TMemoryBufferTransport(new Thrift.TConfiguration());
using var json = new TJsonProtocol(transport);
await ThriftProtocolBridge.WriteAsync(new Tick { Number = 9 }, json);
transport.Seek(0, SeekOrigin.Begin);
Console.WriteLine((await ThriftProtocolBridge.ReadAsync<Tick>(json)).Number);

internal sealed class Clock : IClock
{
    public IAsyncEnumerable<Tick> WatchAsync(Tick from, CancellationToken cancellationToken = default)
        => AsyncEnumerable.Range(from.Number, 100).Select(number => new Tick { Number = number });
}
