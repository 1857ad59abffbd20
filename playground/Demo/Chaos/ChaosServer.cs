using Demo.Echo;
using Demo.Server;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;

namespace Demo.Chaos;

/// <summary>How a server is at a time.</summary>
internal enum Condition
{
    Well,
    Failing,
    Slow,
    Stopped,
}

/// <summary>A server on a port of its own that fails, is slow, or is not there, as it is told.</summary>
internal sealed class ChaosServer : IAsyncDisposable
{
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(1);

    private ThriftServer _server = null!;
    private volatile Condition _condition;
    private long _handled;

    internal ChaosServer(string name) => Name = name;

    internal string Name { get; }

    /// <summary>Where it listens, or listened.</summary>
    internal string Address { get; private set; } = "127.0.0.1:0";

    internal Condition Condition => _condition;

    /// <summary>The calls that it answered.</summary>
    internal long Handled => Interlocked.Read(ref _handled);

    /// <summary>Starts it, where it was before.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        _server = await ThriftServer.StartAsync(
            Address,
            server => server
                .AddService<ITestService, EchoService>()
                .Configure(options => options.StreamMiddleware.Add(async (context, next) =>
                {
                    await SufferAsync(context.CancellationToken);
                    await next();
                    Interlocked.Increment(ref _handled);
                })),
            cancellationToken);
        Address = _server.Endpoint.ToString();
        _condition = Condition.Well;
    }

    /// <summary>Changes how it is; a server that stops does not say goodbye.</summary>
    internal async Task BecomeAsync(Condition condition, CancellationToken cancellationToken)
    {
        if (_condition == Condition.Stopped)
        {
            await StartAsync(cancellationToken);
        }

        _condition = condition;
        if (condition == Condition.Stopped)
        {
            await _server.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task SufferAsync(CancellationToken cancellationToken) => _condition switch
    {
        Condition.Failing => throw new ThriftStatusException(ThriftStatusCode.Unavailable, $"{Name} is failing."),
        Condition.Slow => Task.Delay(Slowness, cancellationToken),
        _ => Task.CompletedTask,
    };
}
