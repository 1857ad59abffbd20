using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A client and a server, each with a clock of its own that only the test moves.</summary>
public abstract class TwoClocks
{
    private protected FakeTimeProvider ClientClock { get; } = new(DateTimeOffset.UtcNow);

    private protected FakeTimeProvider ServerClock { get; } = new(DateTimeOffset.UtcNow);

    private protected Task<Loopback> StartAsync(
        ScriptedService service,
        Action<ThriftServerOptions>? server = null,
        Action<ThriftChannelOptions>? channel = null,
        string scheme = "grpc")
        => Loopback.StartAsync(
            service,
            options =>
            {
                options.TimeProvider = ServerClock;
                server?.Invoke(options);
            },
            options =>
            {
                options.TimeProvider = ClientClock;
                options.Resilience.ConnectTimeout = Timeout.InfiniteTimeSpan;
                channel?.Invoke(options);
            },
            scheme: scheme);

    /// <summary>Answers once and then waits; tells why it was cancelled.</summary>
    private protected static async IAsyncEnumerable<Response> OneThenNothing(
        TaskCompletionSource<ThriftException?> cancelled,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var context = ThriftServerContext.Current!;
        yield return Answer("1");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            cancelled.SetResult(context.CancellationReason);
        }
    }
}
