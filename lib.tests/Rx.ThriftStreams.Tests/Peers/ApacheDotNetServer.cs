using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Rx.ThriftStreams.Tests.Peers.Apache;
using Thrift;
using Thrift.Processor;
using Thrift.Protocol;
using Thrift.Server;
using Thrift.Transport;
using Thrift.Transport.Client;
using Thrift.Transport.Server;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>A server of Apache's .NET library with the code of Apache's compiler.</summary>
internal sealed class ApacheDotNetServer : KitchenSink.IAsync, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string?> _fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TProtocolFactory _protocols;
    private readonly ITAsyncProcessor _processor;
    private TServer? _server;
    private Task _serving = Task.CompletedTask;
    private WebApplication? _application;

    private ApacheDotNetServer(string protocol, string naming)
    {
        _protocols = ProtocolOf(protocol);
        _processor = new KitchenSink.AsyncProcessor(this, NullLogger<KitchenSink.AsyncProcessor>.Instance);
        if (naming == "multiplexed")
        {
            var several = new TMultiplexedProcessor();
            several.RegisterProcessor("KitchenSink", _processor);
            _processor = several;
        }
    }

    internal Task<string?> Fired => _fired.Task;

    internal string Port { get; private set; } = "";

    internal static async Task<ApacheDotNetServer> StartAsync(string transport, string protocol, string naming)
    {
        var server = new ApacheDotNetServer(protocol, naming);
        await (transport == "http" ? server.StartHttpAsync() : server.StartSocketAsync(transport));
        return server;
    }

    internal static TProtocolFactory ProtocolOf(string name) => name switch
    {
        "compact" => new TCompactProtocol.Factory(),
        "json" => new TJsonProtocol.Factory(),
        "oldbinary" => new TBinaryProtocol.Factory(strictRead: false, strictWrite: false),
        _ => new TBinaryProtocol.Factory(),
    };

    public Task FireAsync(string? what, CancellationToken cancellationToken = default)
    {
        _fired.TrySetResult(what);
        return Task.CompletedTask;
    }

    public Task DoVoidAsync(string? what, CancellationToken cancellationToken = default)
        => what!.Split(':') is ["throw", var code, var reason]
            ? throw new SinkException { Code = int.Parse(code, CultureInfo.InvariantCulture), Reason = reason }
            : Task.CompletedTask;

    public Task<string> EchoStringAsync(string? what, CancellationToken cancellationToken = default)
        => what == "fault" ? throw new InvalidOperationException("boom") : Task.FromResult(what!);

    public Task<int> AddAsync(int a, int b, CancellationToken cancellationToken = default) => Task.FromResult(a + b);

    public Task<List<long>> RangeAsync(long from_, long to, CancellationToken cancellationToken = default)
        => Task.FromResult(Enumerable.Range((int)from_, (int)(to - from_)).Select(i => (long)i).ToList());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _server?.Stop();
        try
        {
            await _serving;
        }
        catch (OperationCanceledException)
        {
            // Stopped between two connections: Apache's server does not catch what its own wait for the next one throws.
        }

        if (_application is not null)
        {
            await _application.DisposeAsync();
        }

        _stop.Dispose();
    }

    private Task StartSocketAsync(string transport)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = $"{((IPEndPoint)listener.LocalEndpoint).Port}";
        TTransportFactory transports = transport == "framed" ? new TFramedTransport.Factory() : new TBufferedTransport.Factory();
        _server = new TSimpleAsyncServer(
            new TSingletonProcessorFactory(_processor),
            new TServerSocketTransport(listener, new TConfiguration()),
            transports,
            transports,
            _protocols,
            _protocols,
            NullLoggerFactory.Instance);
        _serving = Task.Run(() => _server.ServeAsync(_stop.Token));
        return Task.CompletedTask;
    }

    // The package has no server for HTTP: as its former one did, a processor between the bodies.
    private async Task StartHttpAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.MapPost("/thrift", async http =>
        {
            http.Response.ContentType = "application/x-thrift";
            using var transport = new TBufferedTransport(new TStreamTransport(http.Request.Body, http.Response.Body, new TConfiguration()));
            await _processor.ProcessAsync(_protocols.GetProtocol(transport), _protocols.GetProtocol(transport), http.RequestAborted);
        });
        await _application.StartAsync(_stop.Token);
        Port = $"{new Uri(_application.Urls.First()).Port}";
    }
}
