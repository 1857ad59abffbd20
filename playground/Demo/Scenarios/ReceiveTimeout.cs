using Demo.Echo;
using Demo.Terminal;
using Rx.ThriftStreams;

namespace Demo.Scenarios;

/// <summary>A limit for each receive. It may leave the call alive, or end it.</summary>
internal sealed class ReceiveTimeout : IScenario
{
    private const int MostReceives = 50;

    public string Title => "Receive timeout";

    public string Explanation => "Each receive may wait 60 ms; the server takes longer. The first call stays open and repeats the receive, the second is cancelled.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        var patient = new ThriftCallOptions { ReceiveTimeout = TimeSpan.FromMilliseconds(60), KeepRemoteOnReceiveTimeout = true };
        await using (var call = await client.OpenEchoAsync(patient, cancellationToken))
        {
            await call.SendAsync(new() { Message = "Take your time." }, cancellationToken);
            await using var responses = call.GetAsyncEnumerator(cancellationToken);
            var expired = await ReceiveAsync(responses);
            screen.Line(Tone.Received, "<-", $"{responses.Current.Message} (after {(expired == 0 ? "no" : "some")} receives that were repeated)");
        }

        var impatient = new ThriftCallOptions { ReceiveTimeout = TimeSpan.FromMilliseconds(60) };
        await using var given = await client.OpenEchoAsync(impatient, cancellationToken);
        try
        {
            await foreach (var response in given.WithCancellation(cancellationToken))
            {
                throw new InvalidOperationException($"Nothing was asked, yet there is an answer: {response.Message}");
            }
        }
        catch (ThriftTimeoutException expired) when (expired.Kind == ThriftTimeoutKind.Receive)
        {
            screen.Line(Tone.Bad, $"{expired.Kind} timeout:", expired.Message);
            return;
        }

        throw new InvalidOperationException("The call ended before its receive timed out.");
    }

    /// <summary>Repeats a receive that took too long; returns how often it had to.</summary>
    private static async Task<int> ReceiveAsync(IAsyncEnumerator<Response> responses)
    {
        for (var expired = 0; expired < MostReceives; expired++)
        {
            try
            {
                return await responses.MoveNextAsync() ? expired : throw new InvalidOperationException("The server ended the chat without an answer.");
            }
            catch (ThriftTimeoutException timeout) when (timeout.Kind == ThriftTimeoutKind.Receive)
            {
                // The call is alive: the next receive takes up the same wait.
            }
        }

        throw new InvalidOperationException("The server did not answer.");
    }
}
