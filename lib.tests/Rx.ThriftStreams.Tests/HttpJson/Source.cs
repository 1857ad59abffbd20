using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Streams that do not end by themselves.</summary>
internal sealed class Source : ThriftDynamicHandler
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sent;

    public static ThriftServiceSchema Schema { get; } = ThriftSchema.FromText(
        """
        namespace go source
        struct Text { 1: string text }
        service Source {
            Text Endless (1: Text request) (streaming.mode = "server"),
            Text Pause (1: Text request) (streaming.mode = "server"),
            Text Broken (1: Text request) (streaming.mode = "server"),
            Text Silent (1: Text request) (streaming.mode = "bidirectional"),
        }
        """).GetService();

    /// <summary>Completes when a call of Endless, Silent or Pause ends, which only its cancellation brings about.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The messages of Endless, of 1 KiB each.</summary>
    public int Sent => Volatile.Read(ref _sent);

    public override async IAsyncEnumerable<ThriftDynamicMessage> ServerStreamingAsync(
        ThriftMethodSchema method,
        ThriftDynamicMessage request,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var message = ThriftDynamicMessage.FromObject(method.Response, new Dictionary<string, object?> { ["text"] = new string('x', 1024) });
        try
        {
            for (var i = 0; method.Name == "Endless" || i < 1; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Interlocked.Increment(ref _sent);
                yield return message;
            }

            if (method.Name == "Pause")
            {
                await cancellationToken.Cancelled();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _ended.TrySetResult();
        }

        await Task.CompletedTask;
        throw new ThriftStatusException(ThriftStatusCode.DataLoss, "torn");
    }

    public override async IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(
        ThriftMethodSchema method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ThriftDynamicMessage.FromJson(method.Response, """{"text":"begun"}""");
        await cancellationToken.Cancelled();
        _ended.TrySetResult();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
