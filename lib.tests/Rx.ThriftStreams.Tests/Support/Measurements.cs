using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>What the library measures until it is disposed of: in the whole process, so that the calls of other tests are among it.</summary>
internal sealed class Measurements : IDisposable
{
    private static readonly AsyncLocal<Measurements?> Current = new();

    private readonly MeterListener _listener = new();
    private readonly bool _isOfFlow;

    /// <param name="instrument">The name of the instrument; <see langword="null"/> for all of them.</param>
    /// <param name="isOfFlow">Whether to keep only what is measured in the execution context of the test and what flows from it.</param>
    /// <param name="meter">The name of the meter.</param>
    internal Measurements(string? instrument = null, bool isOfFlow = false, string meter = ThriftDiagnostics.MeterName)
    {
        _isOfFlow = isOfFlow;
        if (isOfFlow)
        {
            Current.Value = this;
        }

        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == meter && (instrument is null || published.Name == instrument))
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>All of it, in its order.</summary>
    internal ConcurrentQueue<Measurement> All { get; } = new();

    /// <summary>What one instrument measured of one method.</summary>
    internal IEnumerable<double> Of(string instrument, string method)
        => All.Where(m => m.Name == instrument && Equals(m["rpc.method"], method)).Select(static m => m.Value);

    /// <summary>What an instrument that is read at intervals reports now of one method; <see langword="null"/> for nothing.</summary>
    internal double? Read(string instrument, string method)
        => Read().LastOrDefault(m => m.Name == instrument && Equals(m["rpc.method"], method))?.Value;

    /// <summary>What all instruments that are read at intervals report now.</summary>
    internal IReadOnlyCollection<Measurement> Read()
    {
        All.Clear();
        _listener.RecordObservableInstruments();
        return All;
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_isOfFlow || Current.Value == this)
        {
            All.Enqueue(new(instrument.Name, value, tags.ToArray()));
        }
    }
}

/// <summary>One value of an instrument, with its tags.</summary>
internal sealed record Measurement(string Name, double Value, KeyValuePair<string, object?>[] Tags)
{
    /// <summary>The value of a tag; <see langword="null"/> if it is absent.</summary>
    internal object? this[string tag] => Tags.FirstOrDefault(t => t.Key == tag).Value;
}
