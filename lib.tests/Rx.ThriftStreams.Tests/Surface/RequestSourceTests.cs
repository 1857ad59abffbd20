using System.Collections.Concurrent;
using Demo.Echo;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The source of requests is user code: it may block, and must not do so where responses are received.</summary>
public sealed class RequestSourceTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Source_ThatBlocksUntilAResponseIsThere_LetsResponsesThrough(string scheme)
    {
        await using var loop = await Loopback.StartAsync(
            new() { Echo = static (requests, _) => requests.Select(static request => Answer(request.Message!)) }, scheme: scheme);
        using var questions = new BlockingCollection<Request> { Ask("0") };
        var answers = 0;
        var chat = Task.Run(
            async () =>
            {
                await foreach (var answer in loop.Client.EchoAsync(questions.GetConsumingEnumerable().ToAsyncEnumerable(), TestContext.Current.CancellationToken))
                {
                    Assert.Equal($"{answers}", answer.Message);
                    if (++answers == 5)
                    {
                        questions.CompleteAdding();
                    }
                    else
                    {
                        questions.Add(Ask($"{answers}"), TestContext.Current.CancellationToken);
                    }
                }
            },
            TestContext.Current.CancellationToken);

        try
        {
            await chat.Soon();
        }
        finally
        {
            questions.CompleteAdding();
        }

        Assert.Equal(5, answers);
    }

    [Fact]
    public async Task Source_OfACallerWithASynchronizationContext_RunsOutsideItWithTheCallersValues()
    {
        await using var loop = await Loopback.StartAsync(
            new() { Echo = static (requests, _) => requests.Select(static request => Answer(request.Message!)) });
        SynchronizationContext? seen = null;
        string? ambient = null;
        Task<List<Response>> call;
        var before = SynchronizationContext.Current;
        var context = new SynchronizationContext();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            Ambient.Value = "flows";
            call = loop.Client.EchoAsync(Requests(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken).AsTask();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.Equal("x", Assert.Single(await call.Soon()).Message);
        Assert.NotSame(context, seen);
        Assert.Equal("flows", ambient);

        async IAsyncEnumerable<Request> Requests()
        {
            (seen, ambient) = (SynchronizationContext.Current, Ambient.Value);
            await Task.CompletedTask;
            yield return Ask("x");
        }
    }
}
