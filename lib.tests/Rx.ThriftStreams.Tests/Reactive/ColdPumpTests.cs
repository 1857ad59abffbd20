using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Reactive;

/// <summary>A subscription whose enumerator a test drives step by step: what an observer hears when steps and disposal cross.</summary>
public sealed class ColdPumpTests
{
    private readonly Source _source = new();
    private readonly Log _log = new();
    private readonly List<Exception> _faults = [];

    [Fact]
    public void Dispose_AbandonsTheEnumerator_BeforeItsTokenIsCancelled()
    {
        using var pump = Start();

        pump.Dispose();
        pump.Dispose();

        Assert.Equal((1, false), (_source.Abandoned, _source.WasCancelledFirst));
        Assert.True(_source.Token.IsCancellationRequested);
    }

    [Fact]
    public void Element_ThatArrivesAfterTheDisposal_IsNotSent()
    {
        using var pump = Start();

        pump.Dispose();
        _source.Move(true);

        Assert.Empty(_log.Heard);
        Assert.Equal((1, 1, 0), (_source.Moves, _source.Disposals, _faults.Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void End_EnumeratorFailsToClose_IsThatErrorUnlessTheStreamFailedFirst(bool failed)
    {
        var (first, close) = (new FormatException("first"), new InvalidOperationException("close"));
        _source.CloseError = close;
        using var pump = Start();

        if (failed)
        {
            _source.Fail(first);
        }
        else
        {
            _source.Move(false);
        }

        Assert.Same(failed ? first : close, Assert.Single(_log.Heard));
        Assert.Empty(_faults);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Observer_Throws_ItsErrorIsReportedWithThatOfClosing(bool closeFails)
    {
        var (observed, close) = (new FormatException("observer"), new InvalidOperationException("close"));
        _source.CloseError = closeFails ? close : null;
        _log.OnElement = () => throw observed;
        using var pump = Start();

        _source.Move(true);

        var fault = Assert.Single(_faults);
        Assert.Equal(closeFails ? [observed, close] : [observed], fault is AggregateException both ? both.InnerExceptions : [fault]);
        Assert.Equal((1, 1), (_source.Moves, _source.Disposals));
        Assert.Equal("1", Assert.Single(_log.Heard));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Disposed_StreamEndsOrIsCancelled_IsNotAFault(bool cancelled)
    {
        using var pump = Start();
        pump.Dispose();

        if (cancelled)
        {
            _source.Fail(new ThriftStatusException(ThriftStatusCode.Cancelled, "cancelled"));
        }
        else
        {
            _source.Move(false);
        }

        Assert.Equal((0, 0, 1), (_log.Heard.Count, _faults.Count, _source.Disposals));
    }

    private ColdPump<int> Start()
    {
        var pump = new ColdPump<int>(_source, _log, _faults.Add);
        pump.Start();
        return pump;
    }

    private sealed class Log : IObserver<int>
    {
        public List<object> Heard { get; } = [];

        public Action? OnElement { get; set; }

        public void OnNext(int value)
        {
            Heard.Add($"{value}");
            OnElement?.Invoke();
        }

        public void OnError(Exception error) => Heard.Add(error);

        public void OnCompleted() => Heard.Add("end");
    }

    /// <summary>Each move completes when the test says so, on the test's thread.</summary>
    private sealed class Source : IAsyncEnumerable<int>, IAsyncEnumerator<int>, IAbandonable
    {
        private TaskCompletionSource<bool> _move = new();

        public CancellationToken Token { get; private set; }

        public Exception? CloseError { get; set; }

        public int Abandoned { get; private set; }

        public bool WasCancelledFirst { get; private set; }

        public int Moves { get; private set; }

        public int Disposals { get; private set; }

        public int Current => Moves;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            Token = cancellationToken;
            return this;
        }

        public ValueTask<bool> MoveNextAsync()
        {
            Moves++;
            return new(_move.Task);
        }

        public void Move(bool any)
        {
            var move = _move;
            _move = new();
            move.SetResult(any);
        }

        public void Fail(Exception error) => _move.SetException(error);

        public bool Abandon()
        {
            Abandoned++;
            WasCancelledFirst = Token.IsCancellationRequested;
            return true;
        }

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return CloseError is { } error ? ValueTask.FromException(error) : default;
        }
    }
}
