using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>Makes calls of each kind and writes what happens.</summary>
public sealed class ClientCalls(ClientOptions options, EventWriter events, CancellationTokenSource cancellation) : IDisposable
{
    /// <summary>Thrift's number for an answer without a result.</summary>
    private const int MissingResult = 5;

    private Timer? _cancelLater;

    /// <summary>What the client was asked to do.</summary>
    public ClientOptions Options { get; } = options;

    /// <summary>Whether the call is one of a method that streams.</summary>
    public bool IsStream { get; private set; }

    private bool ShowsMetadata => Options.Transport == "grpc";

    private ThriftCallOptions UnaryOptions => Options.Call with { Timeout = Options.RpcTimeout ?? Options.Call.Timeout };

    /// <inheritdoc/>
    public void Dispose() => _cancelLater?.Dispose();

    /// <summary>A bidirectional call.</summary>
    public async Task BidirectionalAsync<TRequest, TResponse>(
        Func<ThriftCallOptions, CancellationToken, ValueTask<ThriftDuplexStreamingCall<TRequest, TResponse>>> open,
        Func<int, TRequest> request,
        Func<TResponse, string> show)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        await using var stream = await OpenStreamAsync(open);
        try
        {
            await using var responses = stream.GetAsyncEnumerator();
            bool ended = false, sends = true;
            for (var i = 0; i < Options.Count && !ended && sends; i++)
            {
                sends = await TrySendAsync(stream.SendAsync(request(i)), i);
                ended = sends && Options.Lockstep && !await ReceiveAsync(responses, show);
            }

            if (Options.CloseSend && !ended && sends)
            {
                await stream.CompleteAsync();
                events.ClosedSend();
            }

            while (!ended)
            {
                ended = !await ReceiveAsync(responses, show);
            }
        }
        finally
        {
            await WriteMetadataAsync(stream.GetHeadersAsync(), () => stream.Trailers);
        }
    }

    /// <summary>A call with a stream of answers.</summary>
    public async Task ServerStreamingAsync<TResponse>(
        Func<ThriftCallOptions, CancellationToken, ValueTask<ThriftServerStreamingCall<TResponse>>> open,
        Func<TResponse, string> show)
    {
        await using var stream = await OpenStreamAsync(open);
        try
        {
            await using var responses = stream.GetAsyncEnumerator();
            while (await ReceiveAsync(responses, show))
            {
                // Each answer has been written.
            }
        }
        finally
        {
            await WriteMetadataAsync(stream.GetHeadersAsync(), () => stream.Trailers);
        }
    }

    /// <summary>A call with a stream of requests.</summary>
    public async Task ClientStreamingAsync<TRequest, TResponse>(
        Func<ThriftCallOptions, CancellationToken, ValueTask<ThriftClientStreamingCall<TRequest, TResponse>>> open,
        Func<int, TRequest> request,
        Func<TResponse, string> show)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        await using var stream = await OpenStreamAsync(open);
        try
        {
            var sends = true;
            for (var i = 0; i < Options.Count && sends; i++)
            {
                sends = await TrySendAsync(stream.SendAsync(request(i)), i);
            }

            var response = await (Options.CloseSend ? stream.CompleteAndReceiveAsync() : stream.GetResponseAsync());
            Received(show(response));
        }
        finally
        {
            await WriteMetadataAsync(stream.GetHeadersAsync(), () => stream.Trailers);
        }
    }

    /// <summary>Calls of one message each way, one after the other.</summary>
    public async Task UnaryAsync<TResponse>(
        Func<int, ThriftCallOptions, CancellationToken, ValueTask<ThriftCall<TResponse>>> open,
        Func<TResponse, string> show)
    {
        for (var i = 0; i < Options.Count; i++)
        {
            await using var call = await open(i, UnaryOptions, cancellation.Token);
            CancelLater();
            string shown;
            try
            {
                shown = show(await call.GetResponseAsync());
            }
            catch (ThriftProtocolException error) when (error.Kitex is { Code: MissingResult })
            {
                // Go has a nil for this.
                shown = "<nil response>";
            }
            finally
            {
                if (ShowsMetadata)
                {
                    await WriteMetadataAsync(call.GetHeadersAsync(), () => call.Trailers);
                }

                if (call.Backward.Count > 0)
                {
                    events.Backward(call.Backward);
                }
            }

            Received(shown);
        }
    }

    /// <summary>Calls that are not answered.</summary>
    public async Task OnewayAsync(Func<int, ThriftCallOptions, CancellationToken, Task> send)
    {
        for (var i = 0; i < Options.Count; i++)
        {
            await send(i, UnaryOptions, cancellation.Token);
            if (ShowsMetadata)
            {
                events.Headers([]);
                events.Trailers([]);
            }

            Received("<oneway>");
        }
    }

    private async ValueTask<TStream> OpenStreamAsync<TStream>(Func<ThriftCallOptions, CancellationToken, ValueTask<TStream>> open)
    {
        if (Options.Transport is not ("grpc" or "ttheader-streaming"))
        {
            throw new UsageException($"{Options.Method} streams, which {Options.Transport} cannot. Use grpc or ttheader-streaming.");
        }

        IsStream = true;
        var stream = await open(Options.Call, cancellation.Token);
        CancelLater();
        return stream;
    }

    /// <summary>The time counts from when the call is made, whatever connecting took.</summary>
    private void CancelLater() => _cancelLater ??= Options.CancelDelay is not { } delay ? null : new Timer(
        _ =>
        {
            events.Cancelling($"{Json.Number(delay.TotalMilliseconds)}ms");
            cancellation.Cancel();
        },
        null,
        delay,
        Timeout.InfiniteTimeSpan);

    /// <summary>A server may end a call before it has all requests. How it ended is received, not sent.</summary>
    private async ValueTask<bool> TrySendAsync(ValueTask send, int index)
    {
        try
        {
            await send;
        }
        catch (ThriftException error) when (error is not ThriftTimeoutException)
        {
            return false;
        }

        events.Sent(index);
        return true;
    }

    private async ValueTask<bool> ReceiveAsync<TResponse>(IAsyncEnumerator<TResponse> responses, Func<TResponse, string> show)
    {
        if (!await responses.MoveNextAsync())
        {
            return false;
        }

        Received(show(responses.Current));
        return true;
    }

    private void Received(string shown)
    {
        events.ReceivedMessage(events.Received, shown);
        if (events.Received == Options.CancelAfter)
        {
            events.Cancelling($"{events.Received} messages");
            cancellation.Cancel();
        }
    }

    private async Task WriteMetadataAsync(Task<ThriftMetadata> headers, Func<ThriftMetadata> trailers)
    {
        try
        {
            events.Headers(await headers);
        }
        catch (Exception error) when (error is ThriftException or OperationCanceledException)
        {
            events.Headers([]);
        }

        events.Trailers(trailers());
    }
}
