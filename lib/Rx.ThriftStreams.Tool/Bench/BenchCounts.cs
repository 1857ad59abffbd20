using HdrHistogram;

namespace Rx.ThriftStreams.Tool;

/// <summary>What calls came to. One object for each worker, so that workers do not wait for each other; a report adds them up.</summary>
internal sealed class BenchCounts
{
    // Callers of a broken server see few kinds of errors, unless their names are in the answers.
    private const int MostKinds = 50;

    /// <summary>The longest latency that is told apart, in microseconds.</summary>
    public const long Longest = 3_600_000_000;

    private readonly Lock _gate = new();
    private readonly LongHistogram _latencies = new(Longest, 3);
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private long _calls;
    private long _sent;
    private long _received;
    private long _sentBytes;
    private long _receivedBytes;

    /// <summary>Counts a call that ended.</summary>
    /// <param name="latency">From the time at which it should have begun to its end.</param>
    /// <param name="traffic">Its messages.</param>
    /// <param name="error">The kind of its error; <see langword="null"/> if it succeeded.</param>
    public void Add(TimeSpan latency, in BenchTraffic traffic, string? error)
    {
        lock (_gate)
        {
            _calls++;
            _sent += traffic.Sent;
            _received += traffic.Received;
            _sentBytes += traffic.SentBytes;
            _receivedBytes += traffic.ReceivedBytes;
            if (error is null)
            {
                _latencies.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, Longest));
            }
            else
            {
                var kind = _errors.Count < MostKinds || _errors.ContainsKey(error) ? error : "other";
                _errors[kind] = _errors.GetValueOrDefault(kind) + 1;
            }
        }
    }

    /// <summary>Adds these counts to a sum.</summary>
    public void AddTo(BenchCounts sum)
    {
        lock (_gate)
        {
            sum._calls += _calls;
            sum._sent += _sent;
            sum._received += _received;
            sum._sentBytes += _sentBytes;
            sum._receivedBytes += _receivedBytes;
            sum._latencies.Add(_latencies);
            foreach (var (kind, count) in _errors)
            {
                sum._errors[kind] = sum._errors.GetValueOrDefault(kind) + count;
            }
        }
    }

    /// <summary>The figures. Nothing may be added meanwhile.</summary>
    /// <param name="seconds">How long was counted.</param>
    public BenchFigures ToFigures(double seconds) => new()
    {
        Seconds = Math.Round(seconds, 3),
        Calls = _calls,
        CallsPerSecond = Rate(_calls, seconds),
        Sent = _sent,
        Received = _received,
        MessagesPerSecond = Rate(_sent + _received, seconds),
        SentBytes = _sentBytes,
        ReceivedBytes = _receivedBytes,
        Errors = new SortedDictionary<string, long>(_errors, StringComparer.Ordinal),
        LatencyMicroseconds = _latencies.TotalCount == 0 ? null : LatencyFigures.Of(_latencies),
        Histogram = LatencyFigures.Buckets(_latencies),
    };

    private static double Rate(long count, double seconds) => seconds > 0 ? Math.Round(count / seconds, 1) : 0;
}

/// <summary>The messages of one call, without their frames.</summary>
internal record struct BenchTraffic(long Sent, long Received, long SentBytes, long ReceivedBytes);
