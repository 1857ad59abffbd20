using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>The memory of a message is granted in portions that together are exactly its limit.</summary>
public sealed class ReadBudgetTests
{
    private const long Portion = 256 * 1024;

    [Theory]
    [InlineData(100)]
    [InlineData(Portion)]
    [InlineData(Portion + 100)]
    [InlineData((3 * Portion) + 1)]
    public void Charge_UpToTheLimit_IsGranted_AndNotAByteMore(long limit)
    {
        var budget = Create(limit);
        Assert.True(budget.TryCharge(limit / 2));
        Assert.True(budget.TryCharge(limit - (limit / 2)));
        Assert.False(budget.TryCharge(1));

        var atOnce = Create(limit);
        Assert.True(atOnce.TryCharge(limit));
        Assert.False(atOnce.TryCharge(1));

        var beyond = Create(limit);
        Assert.False(beyond.TryCharge(limit + 1));
    }

    [Fact]
    public void Charge_WithinAPortion_DoesNotLookAtTheToken_AndTheNextOneDoes()
    {
        var budget = new ReadBudget(new() { MaxMemory = 2 * Portion }, 0, new CancellationToken(canceled: true));

        Assert.True(budget.TryCharge(Portion));
        Assert.Throws<OperationCanceledException>(() =>
        {
            var same = budget;
            same.TryCharge(1);
        });
    }

    private static ReadBudget Create(long limit) => new(new() { MaxMemory = limit }, 0, default);
}
