using ScottPlot;

namespace Rx.ThriftStreams.Playground;

/// <summary>Shows tables and charts: in the output of a notebook's cell if <see cref="Html"/> is set, otherwise as text on the console.</summary>
public static class Screen
{
    private const int Width = 720;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    /// <summary>Displays HTML and returns an action that replaces it. <c>setup.dib</c> sets it to what the kernel of the notebook offers.</summary>
    public static Func<string, Action<string>>? Html { get; set; }

    /// <summary>Shows messages as a table with a column for each property.</summary>
    public static void ShowTable<T>(this IEnumerable<T> rows) => Display(Table.Of(rows.ToList()));

    /// <summary>Shows a stream while it runs: the last messages, and how many there were. Returns when the stream has ended.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">How many messages are seen at once.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>How many messages there were.</returns>
    public static async Task<long> ShowLiveAsync<T>(this IAsyncEnumerable<T> stream, int rows = 5, CancellationToken cancellationToken = default)
    {
        var last = new Queue<T>(rows);
        var view = new View();
        long count = 0;
        await foreach (var message in stream.WithCancellation(cancellationToken))
        {
            if (last.Count == rows)
            {
                last.Dequeue();
            }

            last.Enqueue(message);
            view.Update(() => Table.Of(last.ToList(), $"{++count} messages"));
        }

        view.Finish(Table.Of(last.ToList(), $"{count} messages, ended"));
        return count;
    }

    /// <inheritdoc cref="ShowLiveAsync{T}(IAsyncEnumerable{T}, int, CancellationToken)"/>
    public static Task<long> ShowLiveAsync<T>(this IObservable<T> stream, int rows = 5, CancellationToken cancellationToken = default)
        => Reactive.ThriftObservable.AsBoundedStream(stream).ShowLiveAsync(rows, cancellationToken);

    /// <summary>Shows a chart. On the console its size is shown, since a terminal has no pictures.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="height">In pixels.</param>
    public static void Show(this Plot chart, int height = 320)
    {
        var svg = chart.GetSvgXml(Width, height);
        if (Html is null)
        {
            Console.WriteLine($"[chart of {Width} x {height} pixels; notebooks show it]");
        }
        else
        {
            Html(svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]);
        }
    }

    private static void Display(Table table)
    {
        if (Html is null)
        {
            Console.WriteLine(table.ToString());
        }
        else
        {
            Html(table.ToHtml());
        }
    }

    /// <summary>A table that is shown again and again, but not more often than one can see.</summary>
    private sealed class View
    {
        private Action<string>? _replace;
        private long _shownAt;

        internal void Update(Func<Table> table)
        {
            var current = table();
            if (Html is not null && (_replace is null || TimeProvider.System.GetElapsedTime(_shownAt) >= Refresh))
            {
                Replace(current);
                _shownAt = TimeProvider.System.GetTimestamp();
            }
        }

        internal void Finish(Table table)
        {
            if (Html is null)
            {
                Display(table);
            }
            else
            {
                Replace(table);
            }
        }

        private void Replace(Table table)
        {
            if (_replace is null)
            {
                _replace = Html!(table.ToHtml());
            }
            else
            {
                _replace(table.ToHtml());
            }
        }
    }
}
