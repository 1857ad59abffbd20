using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Several servers that answer by one script and record who was called, with which mark of a retry.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly List<ThriftServer> _servers = [];
    private readonly Func<int, int, string?> _script;
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Stands still: a server that enforces the deadlines of calls as well would compete with the client that is tested.
    private readonly FakeTimeProvider _clock = new();
    private int _attempts;

    private Cluster(Func<int, int, string?> script) => _script = script;

    public ConcurrentQueue<(int Server, string? Mark)> Calls { get; } = new();

    public IReadOnlyList<string> Addresses => [.. _servers.Select(static server => server.Address)];

    /// <summary>Completes when a call that was not answered is cancelled.</summary>
    public Task Abandoned => _abandoned.Task;

    /// <param name="count">How many servers.</param>
    /// <param name="script">Gets the server and the number of the call, counted over all; returns the answer, or <see langword="null"/> for none.</param>
    public static async Task<Cluster> StartAsync(int count, Func<int, int, string?> script)
    {
        var cluster = new Cluster(script);
        for (var i = 0; i < count; i++)
        {
            var index = i;
            cluster._servers.Add(await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(new ScriptedService
            {
                EchoUnary = (_, token) => cluster.AnswerAsync(index, token),
            }).Configure(options => options.TimeProvider = cluster._clock)));
        }

        return cluster;
    }

    public ThriftChannel Connect(string scheme, Action<ThriftChannelOptions> configure)
    {
        var options = new ThriftChannelOptions { Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) } };
        configure(options);
        return ThriftChannel.ForAddress($"{scheme}://{string.Join(',', Addresses)}", options);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task<Response> AnswerAsync(int server, CancellationToken cancellationToken)
    {
        var mark = ThriftServerContext.Current!.MetaInfo.Persistent.FirstOrDefault(static pair => string.Equals(pair.Key, "RetryReq", StringComparison.OrdinalIgnoreCase)).Value;
        Calls.Enqueue((server, mark));
        if (_script(server, Interlocked.Increment(ref _attempts) - 1) is { } answer)
        {
            return new() { Message = answer };
        }

        await cancellationToken.Cancelled();
        _abandoned.TrySetResult();
        throw new OperationCanceledException(cancellationToken);
    }
}
