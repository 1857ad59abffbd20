using System.Diagnostics;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary><c>client --addr A --transport T --method M …</c>: calls a method and writes what happens.</summary>
public static class ClientVerb
{
    /// <summary>Runs it.</summary>
    /// <returns>0 if the call ended normally, 1 if it ended with an error.</returns>
    public static Task<int> RunAsync(Arguments arguments, TextWriter output) => RunAsync(ClientOptions.From(arguments), output);

    /// <inheritdoc cref="RunAsync(Arguments, TextWriter)"/>
    public static async Task<int> RunAsync(ClientOptions options, TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var events = new EventWriter(output);
        var started = Stopwatch.GetTimestamp();
        var succeeded = true;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = ClientChannel.Open(options.Address, options.Transport, options.DestinationService, options.Caller, options.Tls);
        await using (channel)
        {
            using var calls = new ClientCalls(options, events, cancellation);
            try
            {
                await MethodTable.CallAsync(options.Method, channel, calls);
            }
            catch (Exception error) when (error is not UsageException)
            {
                succeeded = false;
                ErrorEvents.Write(events, error, options.Transport, calls.IsStream);
            }
        }

        events.Done(succeeded, options.Transport, options.Method, Stopwatch.GetElapsedTime(started));
        return succeeded ? 0 : 1;
    }
}
