using ScottPlot;

namespace Rx.ThriftStreams.Playground;

/// <summary>When things happened, counted from the first mark: a lane for each stream, a dot for each message.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class Timeline
{
    private readonly Lock _lock = new();
    private readonly List<Lane> _lanes = [];
    private long? _startedAt;

    /// <summary>Marks that something happened now.</summary>
    /// <param name="lane">Lanes appear from top to bottom in the order of their first marks.</param>
    /// <param name="label">A text beside the dot.</param>
    public void Mark(string lane, string? label = null)
    {
        var now = TimeProvider.System.GetTimestamp();
        lock (_lock)
        {
            _startedAt ??= now;
            var at = TimeProvider.System.GetElapsedTime(_startedAt.Value, now).TotalMilliseconds;
            var found = _lanes.Find(known => known.Name == lane);
            if (found is null)
            {
                found = new Lane(lane);
                _lanes.Add(found);
            }

            found.Marks.Add((at, label));
        }
    }

    /// <summary>How many marks a lane has.</summary>
    public int Count(string lane)
    {
        lock (_lock)
        {
            return _lanes.Find(known => known.Name == lane)?.Marks.Count ?? 0;
        }
    }

    /// <summary>Draws what was marked so far.</summary>
    public Plot ToPlot()
    {
        var plot = new Plot();
        lock (_lock)
        {
            for (var index = 0; index < _lanes.Count; index++)
            {
                var lane = _lanes[index];
                var y = _lanes.Count - index;
                var color = plot.Add.Palette.GetColor(index);
                plot.Add.HorizontalLine(y, 1, color.WithAlpha(0.3));
                var dots = plot.Add.ScatterPoints(lane.Marks.Select(static mark => mark.At).ToArray(), lane.Marks.Select(_ => (double)y).ToArray(), color);
                dots.MarkerSize = 8;
                foreach (var (at, label) in lane.Marks)
                {
                    if (label is not null)
                    {
                        var text = plot.Add.Text(label, at, y + 0.15);
                        text.LabelFontSize = 10;
                        text.LabelAlignment = Alignment.LowerLeft;
                    }
                }
            }

            plot.Axes.Left.SetTicks([.. _lanes.Select((_, index) => (double)(_lanes.Count - index))], [.. _lanes.Select(static lane => lane.Name)]);
            var end = _lanes.Max(static lane => lane.Marks[^1].At);
            plot.Axes.SetLimits(-0.02 * end, 1.08 * end, 0.5, _lanes.Count + 0.8);
        }

        plot.XLabel("milliseconds");
        plot.Axes.Bottom.Label.Bold = false;
        plot.HideGrid();
        return plot;
    }

    private sealed record Lane(string Name)
    {
        internal List<(double At, string? Label)> Marks { get; } = [];
    }
}

/// <summary>Marks the messages of streams as they pass.</summary>
public static class TimelineExtensions
{
    /// <summary>Passes a stream on and marks each of its messages.</summary>
    public static IAsyncEnumerable<T> MarkOn<T>(this IAsyncEnumerable<T> stream, Timeline timeline, string lane, Func<T, string>? label = null)
        => stream.Select(message =>
        {
            timeline.Mark(lane, label?.Invoke(message));
            return message;
        });

    /// <inheritdoc cref="MarkOn{T}(IAsyncEnumerable{T}, Timeline, string, Func{T, string})"/>
    public static IObservable<T> MarkOn<T>(this IObservable<T> stream, Timeline timeline, string lane, Func<T, string>? label = null)
        => System.Reactive.Linq.Observable.Do(stream, message => timeline.Mark(lane, label?.Invoke(message)));
}
