using System.Diagnostics;
using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Benchmarks.Codec.Idl;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Tests.Support;

namespace Rx.ThriftStreams.Benchmarks.Calls;

/// <summary>What a message costs above the transport, sent and received, by who listens. The transport does nothing.</summary>
[MemoryDiagnoser]
public class WatchBenchmark
{
    private const int Messages = 1000;

    private static readonly ThriftMethod<TextMessage, TextMessage> Method = new("bench", "Bench", "Stream", ThriftStreamingMode.Bidirectional);

    private readonly TextMessage _message = new() { Text = "text" };
    private readonly List<IDisposable> _listeners = [];
    private ThriftChannel _channel = null!;
    private ClientCall<TextMessage, TextMessage> _call = null!;

    public enum Listener
    {
        Nobody,
        Observer,
        Meter,
        Activity,
        PassingMiddleware,
    }

    [ParamsAllValues]
    public Listener Who { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var options = new ThriftChannelOptions();
        if (Who == Listener.PassingMiddleware)
        {
            options.SendMiddleware.Add(static (_, message, next) => next(message));
            options.ReceiveMiddleware.Add(static (_, next) => next());
        }

        _channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", options);
        switch (Who)
        {
            case Listener.Observer:
                _listeners.Add(_channel.Events.Subscribe(static _ => { }));
                break;
            case Listener.Meter:
                var meter = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
                meter.SetMeasurementEventCallback<int>(static (_, _, _, _) => { });
                meter.Start();
                _listeners.Add(meter);
                break;
            case Listener.Activity:
                var activities = new ActivityListener
                {
                    ShouldListenTo = static _ => true,
                    Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                };
                ActivitySource.AddActivityListener(activities);
                _listeners.Add(activities);
                break;
        }

        _call = await _channel.OpenAsync(Method, null, _channel.Defaults, CancellationToken.None).ConfigureAwait(false);
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _call.DisposeAsync().ConfigureAwait(false);
        await _channel.DisposeAsync().ConfigureAwait(false);
        _listeners.ForEach(static listener => listener.Dispose());
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public async Task SendAndReceive()
    {
        for (var i = 0; i < Messages; i++)
        {
            await _call.Requests.SendAsync(_message, CancellationToken.None).ConfigureAwait(false);
            await _call.Responses.MoveNextAsync().ConfigureAwait(false);
        }
    }
}
