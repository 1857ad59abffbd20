namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The end of a call within a server call: it follows its parent, and its peer learns the parent's reason.</summary>
public sealed class CallParentTests
{
    private static readonly ThriftStatusException s_first = new(ThriftStatusCode.NotFound, "first");
    private static readonly ThriftStatusException s_second = new(ThriftStatusCode.Aborted, "second");

    /// <summary>The parent's reason is asked for once for the call, and again for its peer: then the call is aborted, and its stream not yet.</summary>
    [Fact]
    public async Task Dispose_WhileTheParentIsCancelled_GivesThePeerTheParentsReason()
    {
        using var asked = new SemaphoreSlim(0);
        using var mayGoOn = new SemaphoreSlim(0);
        var times = 0;
        using var parent = new StubServerContext
        {
            WhenAsked = () =>
            {
                if (Interlocked.Increment(ref times) == 2)
                {
                    asked.Release();
                    Assert.True(mayGoOn.Wait(Waits.Limit));
                }
            },
        };
        parent.Note(s_first);
        var scripted = ScriptedCall.Begin(parent: parent);
        var cancelling = Task.Run(parent.Cancel, TestContext.Current.CancellationToken);
        Assert.True(await asked.WaitAsync(Waits.Limit, TestContext.Current.CancellationToken));

        await scripted.Call.DisposeAsync();

        var reason = scripted.Transport.AbortReason;
        mayGoOn.Release();
        await cancelling.Soon();
        Assert.Same(s_first, Assert.IsType<ThriftStatusException>(reason).InnerException);
    }

    [Fact]
    public void Parent_Ends_TheCallFollowsWithItsReason()
    {
        using var parent = new StubServerContext();
        var scripted = ScriptedCall.Begin(parent: parent);
        parent.Note(s_first);

        parent.Cancel();

        var error = Assert.IsType<ThriftStatusException>(scripted.Call.EndError);
        Assert.Equal((true, ThriftStatusCode.NotFound, s_first), (error.FollowsParent, error.StatusCode, error.InnerException));
    }

    [Theory]
    [InlineData("cancelled", true)]
    [InlineData("disposed", true)]
    [InlineData("failed", false)]
    public void Parent_IsOver_TheServerLearnsThatInsteadOfWhatItCaused(string how, bool follows)
    {
        using var parent = new StubServerContext();
        var scripted = ScriptedCall.Begin(parent: parent);
        parent.Note(s_first);
        Exception reason = how switch
        {
            "cancelled" => new OperationCanceledException(),
            "disposed" => new ThriftStatusException(ThriftStatusCode.Cancelled, "disposed") { EndedByUser = true },
            _ => s_second,
        };

        scripted.Call.Abort(reason);

        Assert.Same(reason, scripted.Call.EndError);
        Assert.Equal(follows, scripted.Transport.AbortReason is ThriftStatusException { FollowsParent: true });
        Assert.Equal(!follows, ReferenceEquals(reason, scripted.Transport.AbortReason));
    }

    [Fact]
    public void Parent_StillRuns_TheServerLearnsTheReasonItself()
    {
        using var parent = new StubServerContext();
        var scripted = ScriptedCall.Begin(parent: parent);
        var reason = new OperationCanceledException();

        scripted.Call.Abort(reason);

        Assert.Same(reason, scripted.Transport.AbortReason);
    }

    [Fact]
    public void Parent_LateStream_LearnsThatToo()
    {
        using var parent = new StubServerContext();
        var scripted = ScriptedCall.Create(parent: parent);
        parent.Note(s_first);
        scripted.Call.Abort(new OperationCanceledException());

        scripted.Attach();

        Assert.True(Assert.IsType<ThriftStatusException>(scripted.Transport.AbortReason).FollowsParent);
    }
}
