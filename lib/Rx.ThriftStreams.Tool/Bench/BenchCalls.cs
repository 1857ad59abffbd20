using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tool;

/// <summary>The calls of a bench, over a number of channels.</summary>
internal sealed class BenchCalls : IAsyncDisposable
{
    private readonly ThriftMethodSchema _method;
    private readonly MessageTemplate _template;
    private readonly ThriftCallOptions _options;
    private readonly int _messages;
    private readonly ThriftChannel[] _channels;
    private readonly ThriftInvoker[] _invokers;

    /// <param name="target">How the server is reached.</param>
    /// <param name="method">The method.</param>
    /// <param name="template">Its requests.</param>
    /// <param name="connections">How many channels there are.</param>
    /// <param name="messages">How many messages a stream has.</param>
    public BenchCalls(CallTarget target, ThriftMethodSchema method, MessageTemplate template, int connections, int messages)
    {
        _method = method;
        _template = template;
        _options = target.Options;
        _messages = messages;
        _channels = [.. Enumerable.Range(0, connections).Select(_ => target.Open())];
        _invokers = Array.ConvertAll(_channels, static channel => new ThriftInvoker(channel));
    }

    public Task CallAsync(int worker, BenchMeter meter, CancellationToken cancellationToken)
    {
        var invoker = _invokers[worker % _invokers.Length];
        return _method.Mode switch
        {
            ThriftStreamingMode.Bidirectional => DuplexAsync(invoker, meter, cancellationToken),
            ThriftStreamingMode.Client => UploadAsync(invoker, meter, cancellationToken),
            ThriftStreamingMode.Server => DownloadAsync(invoker, meter, cancellationToken),
            _ => SingleAsync(invoker, meter, cancellationToken),
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            await channel.DisposeAsync();
        }
    }

    private async Task SingleAsync(ThriftInvoker invoker, BenchMeter meter, CancellationToken cancellationToken)
    {
        var request = _template.Create();
        meter.Sent(request);
        if (_method.Method.IsOneway)
        {
            await invoker.SendOnewayAsync(_method.Method, request, _options, cancellationToken);
            return;
        }

        var response = await invoker.CallAsync(_method.Method, request, _options, cancellationToken);
        meter.Received(response);
        _ = _method.Receive(response);
    }

    private async Task DownloadAsync(ThriftInvoker invoker, BenchMeter meter, CancellationToken cancellationToken)
    {
        var request = _template.Create();
        meter.Sent(request);
        var left = _messages;
        await foreach (var response in invoker.ServerStreamingAsync(_method.Method, request, _options, cancellationToken))
        {
            meter.Received(response);
            if (--left == 0)
            {
                break;
            }
        }
    }

    private async Task UploadAsync(ThriftInvoker invoker, BenchMeter meter, CancellationToken cancellationToken)
    {
        await using var call = await invoker.OpenClientStreamingAsync(_method.Method, _options, cancellationToken);
        for (var i = 0; i < _messages; i++)
        {
            var request = _template.Create();
            await call.SendAsync(request, cancellationToken);
            meter.Sent(request);
        }

        meter.Received(await call.CompleteAndReceiveAsync(cancellationToken));
    }

    private async Task DuplexAsync(ThriftInvoker invoker, BenchMeter meter, CancellationToken cancellationToken)
    {
        await using var call = await invoker.OpenDuplexStreamingAsync(_method.Method, _options, cancellationToken);
        var sending = SendAsync();
        try
        {
            await foreach (var response in call)
            {
                meter.Received(response);
            }
        }
        finally
        {
            // The error of the call is that of its responses; a send fails only because of it.
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task SendAsync()
        {
            for (var i = 0; i < _messages; i++)
            {
                var request = _template.Create();
                await call.SendAsync(request, cancellationToken);
                meter.Sent(request);
            }

            await call.CompleteAsync(cancellationToken);
        }
    }
}
