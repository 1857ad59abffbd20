using Microsoft.Extensions.Time.Testing;

namespace Rx.ThriftStreams.Tests.Reactive.Marbles;

/// <summary>Virtual time in frames. Advancing runs what is due on the calling thread, so that a test sees all of its effects afterwards.</summary>
internal sealed class MarbleClock
{
    public static readonly TimeSpan Frame = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new();

    public TimeProvider Time => _time;

    public int Now => (int)((_time.GetUtcNow() - _time.Start).Ticks / Frame.Ticks);

    public void Advance(int frames = 1)
    {
        for (int i = 0; i < frames; i++)
        {
            _time.Advance(Frame);
        }
    }
}
