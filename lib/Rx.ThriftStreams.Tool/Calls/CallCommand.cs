using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams call</c>: calls one method, with JSON in and JSON lines out.</summary>
internal sealed class CallCommand
{
    private readonly ThriftMethodSchema _method;
    private readonly ThriftInvoker _invoker;
    private readonly CallTarget _target;
    private readonly MessageInput _input;
    private readonly ThriftDynamicJsonOptions _json;
    private readonly TextWriter _output;
    private readonly CallReport? _report;

    private CallCommand(ThriftMethodSchema method, ThriftInvoker invoker, CallTarget target, MessageInput input, ThriftDynamicJsonOptions json, TextWriter output, CallReport? report)
    {
        _method = method;
        _invoker = invoker;
        _target = target;
        _input = input;
        _json = json;
        _output = output;
        _report = report;
    }

    /// <param name="target">The server and the schema.</param>
    /// <param name="name"><c>Service/Method</c>, or the name of a method that one service has.</param>
    /// <param name="input">The requests.</param>
    /// <param name="json">How JSON is converted.</param>
    /// <param name="output">Takes the responses.</param>
    /// <param name="report">Takes what else there is to know; <see langword="null"/> if nobody asked.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<int> RunAsync(
        CallTarget target,
        string name,
        MessageInput input,
        ThriftDynamicJsonOptions json,
        TextWriter output,
        CallReport? report,
        CancellationToken cancellationToken)
    {
        var schema = await target.LoadAsync(cancellationToken);
        var method = SchemaSymbols.FindMethod(schema, name);
        await using var channel = target.Open();
        await new CallCommand(method, new ThriftInvoker(channel), target, input, json, output, report).RunAsync(cancellationToken);
        return ExitCodes.Success;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        _report?.Sent(_target.Options);
        var method = _method.Method;
        switch (_method.Mode)
        {
            case ThriftStreamingMode.Bidirectional:
                await using (var call = await _invoker.OpenDuplexStreamingAsync(method, _target.Options, cancellationToken))
                {
                    await RunAsync(call, DuplexAsync(call, cancellationToken));
                }

                break;

            case ThriftStreamingMode.Client:
                await using (var call = await _invoker.OpenClientStreamingAsync(method, _target.Options, cancellationToken))
                {
                    await RunAsync(call, UploadAsync(call, cancellationToken));
                }

                break;

            case ThriftStreamingMode.Server:
                await using (var call = await _invoker.OpenServerStreamingAsync(method, await ReadOneAsync(cancellationToken), _target.Options, cancellationToken))
                {
                    await RunAsync(call, PrintAllAsync(call, cancellationToken));
                }

                break;

            default:
                await CallAsync(cancellationToken);
                break;
        }
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        var request = _method.Request.Fields.Count == 0 ? ThriftDynamicMessage.Empty : await ReadOneAsync(cancellationToken);
        if (_method.Method.IsOneway)
        {
            await _invoker.SendOnewayAsync(_method.Method, request, _target.Options, cancellationToken);
            return;
        }

        await using var call = await _invoker.OpenCallAsync(_method.Method, request, static response => response, _target.Options, cancellationToken);
        await RunAsync(call, PrintAsync(call));

        async Task PrintAsync(ThriftCall<ThriftDynamicMessage> call) => await PrintOneAsync(await call);
    }

    private async Task UploadAsync(ThriftClientStreamingCall<ThriftDynamicMessage, ThriftDynamicMessage> call, CancellationToken cancellationToken)
    {
        await foreach (var line in _input.ReadLinesAsync(cancellationToken))
        {
            await call.SendAsync(FromJson(line), cancellationToken);
        }

        await PrintOneAsync(await call.CompleteAndReceiveAsync(cancellationToken));
    }

    private async Task DuplexAsync(ThriftDuplexStreamingCall<ThriftDynamicMessage, ThriftDynamicMessage> call, CancellationToken cancellationToken)
    {
        var receiving = PrintAllAsync(call, cancellationToken);
        try
        {
            await foreach (var line in _input.ReadLinesAsync(cancellationToken))
            {
                if (receiving.IsCompleted)
                {
                    break;
                }

                await call.SendAsync(FromJson(line), cancellationToken);
            }

            await call.CompleteAsync(cancellationToken);
        }
        catch (ThriftException error) when (error is not ThriftJsonException)
        {
            // The server ended the call: what it answered, or its error, comes with the responses.
        }
        catch
        {
            call.Finish();
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await receiving;
    }

    private async Task PrintAllAsync(IAsyncEnumerable<ThriftDynamicMessage> responses, CancellationToken cancellationToken)
    {
        await foreach (var response in responses.WithCancellation(cancellationToken))
        {
            await PrintOneAsync(response);
        }
    }

    private async Task PrintOneAsync(ThriftDynamicMessage response)
    {
        _report?.Received();
        await _output.WriteLineAsync(_method.Receive(response).ToJson(_json));
        await _output.FlushAsync();
    }

    /// <summary>Runs a call to its end, and reports about it however it ends.</summary>
    private async Task RunAsync(ThriftCall call, Task running)
    {
        try
        {
            await running;
        }
        finally
        {
            if (_report is not null)
            {
                await _report.EndAsync(call);
            }
        }
    }

    private async Task<ThriftDynamicMessage> ReadOneAsync(CancellationToken cancellationToken) => FromJson(await _input.ReadAllAsync(cancellationToken));

    private ThriftDynamicMessage FromJson(string text) => ThriftDynamicMessage.FromJson(_method.Request, text, _json);
}
