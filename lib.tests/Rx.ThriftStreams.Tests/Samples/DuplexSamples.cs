using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>A sender and a receiver on one call: the sample of docs/calls.md, compiled and run.</summary>
public sealed class DuplexSamples
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_ToTheEnd_HasAnAnswerToEachQuestion()
        => Assert.Equal(["1", "2", "0 (OK)"], await RunAsync(new EchoService(), new[] { Ask("1"), Ask("2") }.ToAsyncEnumerable()));

    [Fact]
    public async Task Chat_ServerEndsEarly_StopsTheSender()
        => Assert.Equal(["1", "0 (OK)"], await RunAsync(
            new ScriptedService { Echo = static (requests, _) => requests.Take(1).Select(static request => Answer(request.Message!)) },
            Never(Token).Select(static _ => Ask("never")).Prepend(Ask("1"))));

    [Fact]
    public async Task Chat_ServerFails_StopsTheSender_AndThrowsThatError()
    {
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => RunAsync(
            new ScriptedService { Echo = static (_, _) => throw new ThriftStatusException(ThriftStatusCode.NotFound, "no such chat") },
            Never(Token).Select(static _ => Ask("never"))));

        Assert.Equal(ThriftStatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Chat_QuestionsFail_EndsTheCall_AndThrowsThatError()
        => await Assert.ThrowsAsync<FormatException>(() => RunAsync(new EchoService(), new[] { 1 }.ToAsyncEnumerable().Select<int, Request>(static _ => throw new FormatException())));

    [Fact]
    public async Task CompleteAsync_Twice_IsHarmless_AndASendAfterItThrows()
    {
        await using var server = ThriftInMemoryServer.Create(static server => server.AddService<ITestService>(new EchoService()));
        await using var channel = server.CreateChannel();
        await using var chat = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: Token);

        await chat.CompleteAsync(Token).Soon();
        await chat.CompleteAsync(Token).Soon();

        await Assert.ThrowsAsync<InvalidOperationException>(() => chat.SendAsync(Ask("late"), Token).AsTask());
        Assert.Equal(0, await chat.CountAsync(Token));
    }

    private static async Task<List<string>> RunAsync(ITestService service, IAsyncEnumerable<Request> questions)
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService(service));
        await using var channel = server.CreateChannel();
        var shown = new List<string>();
        await ChatAsync(new TestServiceClient(channel), questions, shown.Add, Token).Soon();
        return shown;
    }

    private static async Task ChatAsync(TestServiceClient client, IAsyncEnumerable<Request> questions, Action<string> show, CancellationToken cancellationToken)
    {
        // <sample calls-duplex>
        await using var chat = await client.OpenEchoAsync(cancellationToken: cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendAllAsync(chat, questions, over.Token);
        try
        {
            await foreach (var answer in chat)
            {
                show($"{answer.Message}");
            }
        }
        finally
        {
            // The server has ended the call, or the receive failed: the sender must not wait any longer.
            await over.CancelAsync();
            await sending;
        }

        show($"{chat.Status}");
        // </sample calls-duplex>
    }

    // <sample calls-duplex-sender>
    private static async Task SendAllAsync(
        ThriftDuplexStreamingCall<Request, Response> chat, IAsyncEnumerable<Request> questions, CancellationToken over)
    {
        try
        {
            await foreach (var question in questions.WithCancellation(over))
            {
                await chat.SendAsync(question, over);
            }

            await chat.CompleteAsync(over);
        }
        catch (Exception error) when (error is ThriftException || over.IsCancellationRequested)
        {
            // The call has ended, and the receiver reports how.
        }
        catch
        {
            // The questions failed: the receiver must not wait for answers to the rest.
            chat.Finish();
            throw;
        }
    }

    // </sample calls-duplex-sender>
}
