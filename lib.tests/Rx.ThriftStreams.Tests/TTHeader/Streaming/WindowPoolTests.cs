using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

public sealed class WindowPoolTests
{
    private const long Memory = 64 * 1024 * 1024;

    [Fact]
    public void TakeFirst_ManyStreams_StaysWithinHalfOfTheMemory()
    {
        var pool = new WindowPool(new StreamLimits(new(), new(1000, null, 100), Memory));
        Assert.Equal(64 * 1024, pool.TakeFirst());

        for (var i = 1; i < 500; i++)
        {
            Assert.InRange(pool.TakeFirst(), 4 * 1024, 64 * 1024);
        }

        Assert.InRange(pool.Granted, Memory / 4, Memory / 2);
        Assert.InRange(pool.TakeFirst(), 4 * 1024, (64 * 1024) - 1);
    }

    [Fact]
    public void TakeAnnounced_IsTheFirstWindow_HoweverManyThereAre()
    {
        var pool = new WindowPool(new StreamLimits(new(), new(1000, null, 100), Memory));

        for (var i = 1; i <= 1000; i++)
        {
            Assert.Equal(64 * 1024, pool.TakeAnnounced());
            Assert.Equal(i * 64 * 1024, pool.Granted);
        }
    }

    [Theory]
    [InlineData(1000, 1000 + (512 * 1024))]
    [InlineData(int.MaxValue, TTHeaderFormat.MaxFrameLength)]
    public void Limits_LargestFrame_IsTheLargestMessageWithRoomForItsHeader(int message, int frame)
        => Assert.Equal(frame, new StreamLimits(new(), new(message, null, 100), Memory).MaxFrameLength);

    [Fact]
    public void TryGrow_UpToHalfOfTheMemory_IsGrantedAndNoMore()
    {
        var pool = new WindowPool(new StreamLimits(new(), new(1000, null, 100), Memory));

        Assert.True(pool.TryGrow((int)(Memory / 2)));
        Assert.False(pool.TryGrow(1));
        Assert.Equal(Memory / 2, pool.Granted);
        pool.Return((int)(Memory / 2));

        Assert.True(pool.TryGrow(1));
    }

    [Theory]
    [InlineData(500, 500, 500)]
    [InlineData(1024 * 1024, 64 * 1024, 4 * 1024)]
    public void Limits_StreamBytes_BoundTheWindows(int streamBytes, int first, int least)
    {
        var limits = new StreamLimits(new() { StreamBytes = streamBytes }, new(1000, null, 100), Memory);

        Assert.Equal((first, least), (limits.FirstWindow, limits.LeastWindow));
    }

    [Fact]
    public void Limits_LittleMemory_StartsWithASmallWindow()
        => Assert.Equal(16 * 1024, new StreamLimits(new(), new(1000, null, 100), 1024 * 1024).FirstWindow);
}
