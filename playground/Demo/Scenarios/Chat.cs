using Demo.Echo;
using Demo.Terminal;
using Rx.ThriftStreams;

namespace Demo.Scenarios;

/// <summary>Bidirectional streaming, by hand: one task sends while another receives.</summary>
internal sealed class Chat : IScenario
{
    /// <summary>How many questions may be on their way without an answer.</summary>
    private const int Ahead = 2;

    private static readonly string[] Questions =
    [
        "Hello.",
        "Do you wait until I have finished?",
        "I keep asking, you see.",
        "And you keep answering?",
        "Goodbye.",
    ];

    public string Title => "Bidirectional streaming";

    public string Explanation => "A chat on one stream. Answers arrive while questions are still being sent.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        await using var stream = await client.OpenEchoAsync(cancellationToken: cancellationToken);
        using var turns = new SemaphoreSlim(Ahead);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendAsync(stream, screen, turns, over.Token);
        var (answers, early) = (0, 0);
        try
        {
            await foreach (var answer in stream)
            {
                answers++;
                early += sending.IsCompleted ? 0 : 1;
                screen.Line(Tone.Received, "                                        <-", answer.Message ?? string.Empty);
                turns.Release();
            }
        }
        finally
        {
            // The server has ended the call, or a receive has failed: the sender must not wait for its turn any longer.
            await over.CancelAsync();
            await sending;
        }

        screen.Line(Tone.Plain, $"{Questions.Length} questions, {answers} answers; {early} of them arrived before the last question was sent.");
    }

    private static async Task SendAsync(
        ThriftDuplexStreamingCall<Request, Response> stream,
        Screen screen,
        SemaphoreSlim turns,
        CancellationToken over)
    {
        try
        {
            foreach (var question in Questions)
            {
                await turns.WaitAsync(over);
                screen.Line(Tone.Sent, "->", question);
                await stream.SendAsync(new Request { Message = question }, over);
            }

            await stream.CompleteAsync(over);
        }
        catch (Exception error) when (error is ThriftException || over.IsCancellationRequested)
        {
            // The call has ended, and the receiver reports how.
        }
    }
}
