using System.Globalization;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>KitchenSink: payloads of every type come back; a command may stand in a text.</summary>
public sealed class KitchenSinkProgram(Action<string> log) : IKitchenSink
{
    private const int Copies = 3;
    private const long LongestRange = 1_000_000;

    /// <inheritdoc/>
    public async IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var context = ThriftServerContext.Current!;
        await foreach (var payload in requests.WithCancellation(cancellationToken))
        {
            if (!await RunAsync(context, payload, payload.FString, cancellationToken))
            {
                yield break;
            }

            yield return payload;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!await RunAsync(ThriftServerContext.Current!, req, req.FString, cancellationToken))
        {
            yield break;
        }

        for (var i = 0; i < Copies; i++)
        {
            req.FI32 = i;
            yield return req;
        }
    }

    /// <inheritdoc/>
    public async Task<AllTypes> ClientStreamAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default)
    {
        var context = ThriftServerContext.Current!;
        AllTypes? last = null;
        var count = 0;
        await foreach (var payload in requests.WithCancellation(cancellationToken))
        {
            last = payload;
            count++;
            if (!await RunAsync(context, payload, payload.FString, cancellationToken))
            {
                return null!;
            }
        }

        last ??= Samples.Create("min");
        last.FI32 = count;
        return last;
    }

    /// <inheritdoc/>
    public Task<AllTypes> UnaryAsync(AllTypes req, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(req);
        return EchoAsync(req, req.FString, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<AllTypes> PingPongAsync(AllTypes first, string second, CancellationToken cancellationToken = default) => EchoAsync(first, second, cancellationToken);

    /// <inheritdoc/>
    public Task<AllTypes> PingPongDefaultAsync(AllTypes req, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(req);
        return EchoAsync(req, req.FString, cancellationToken);
    }

    /// <inheritdoc/>
    public Task FireAsync(string what, CancellationToken cancellationToken = default)
    {
        log($"Fire what={Json.Quote(what)} meta={MetadataCommands.Describe(ThriftServerContext.Current!)}");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DoVoidAsync(string what, CancellationToken cancellationToken = default)
    {
        ThrowDeclared(what);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string> EchoStringAsync(string what, CancellationToken cancellationToken = default) => Task.FromResult(what);

    /// <inheritdoc/>
    public Task<int> AddAsync(int a, int b, CancellationToken cancellationToken = default) => Task.FromResult(a + b);

    /// <inheritdoc/>
    public Task<List<long>> RangeAsync(long from, long to, CancellationToken cancellationToken = default)
    {
        if (to - from > LongestRange)
        {
            throw new ThriftBizStatusException(1, "range too long");
        }

        var numbers = new List<long>();
        for (var number = from; number < to; number++)
        {
            numbers.Add(number);
        }

        return Task.FromResult(numbers);
    }

    private async Task<AllTypes> EchoAsync(AllTypes payload, string text, CancellationToken cancellationToken)
        => await RunAsync(ThriftServerContext.Current!, payload, text, cancellationToken) ? payload : null!;

    /// <summary>Runs the program of a text; its reply, if any, goes into the payload. <see langword="false"/>: there is to be no answer.</summary>
    private async ValueTask<bool> RunAsync(ThriftServerContext context, AllTypes payload, string text, CancellationToken cancellationToken)
    {
        ThrowDeclared(text);
        if (!CommandTable.IsProgram(text))
        {
            return true;
        }

        var run = new CommandRun(context, text, canStream: false, log, cancellationToken);
        await foreach (var _ in CommandTable.RunAsync(run))
        {
            // Payloads are no texts: nothing is sent on the way.
        }

        payload.FString = run.HasReply && run.Reply is { } reply ? reply : payload.FString;
        return !run.HasReturned;
    }

    private static void ThrowDeclared(string text)
    {
        var parts = text.Split(':', 3);
        if (parts[0] == "throw")
        {
            var code = int.TryParse(parts.ElementAtOrDefault(1), CultureInfo.InvariantCulture, out var number) ? number : 0;
            throw new SinkException
            {
                Code = code,
                Reason = parts.ElementAtOrDefault(2) ?? string.Empty,
                Detail = new Inner { Name = "detail", Count = code, Numbers = [1] },
            };
        }

        if (parts[0] == "throwother")
        {
            throw new OtherException { Why = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..] };
        }
    }
}
