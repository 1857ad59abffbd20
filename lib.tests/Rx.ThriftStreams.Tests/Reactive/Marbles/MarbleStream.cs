using System.Threading.Tasks.Sources;

namespace Rx.ThriftStreams.Tests.Reactive.Marbles;

/// <summary>A cold stream drawn as a diagram: each enumeration plays it from its own first <c>MoveNextAsync</c> on.</summary>
internal sealed class MarbleStream(MarbleClock clock, string diagram) : IAsyncEnumerable<char>
{
    private readonly MarbleClock _clock = clock;
    private readonly Marble[] _marbles = Marble.Parse(diagram);

    public int Enumerations { get; private set; }

    public int Disposals { get; private set; }

    public IAsyncEnumerator<char> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Enumerations++;
        return new Player(this, cancellationToken);
    }

    private sealed class Player(MarbleStream stream, CancellationToken token) : IAsyncEnumerator<char>, IValueTaskSource<bool>
    {
        private readonly MarbleStream _stream = stream;
        private readonly CancellationToken _token = token;
        private ManualResetValueTaskSourceCore<bool> _move;
        private CancellationTokenRegistration _registration;
        private ITimer? _timer;
        private int _start = -1;
        private int _next;
        private int _pending;

        public char Current { get; private set; }

        public ValueTask<bool> MoveNextAsync()
        {
            if (_start < 0)
            {
                _start = _stream._clock.Now;
            }

            if (Interlocked.Exchange(ref _pending, 1) != 0)
            {
                throw new InvalidOperationException("MoveNextAsync overlaps with another.");
            }

            _move.Reset();
            var result = new ValueTask<bool>(this, _move.Version);
            if (_token.IsCancellationRequested)
            {
                Cancel();
                return result;
            }

            if (_next == _stream._marbles.Length)
            {
                // A diagram without an end never ends: only cancellation gets out.
                _registration = _token.Register(Cancel);
                return result;
            }

            TimeSpan wait = (_start + _stream._marbles[_next].Frame - _stream._clock.Now) * MarbleClock.Frame;
            if (wait <= TimeSpan.Zero)
            {
                Play();
                return result;
            }

            _registration = _token.Register(Cancel);
            _timer = _stream._clock.Time.CreateTimer(static p => ((Player)p!).Play(), this, wait, Timeout.InfiniteTimeSpan);
            return result;
        }

        public ValueTask DisposeAsync()
        {
            Assert.Equal(0, Volatile.Read(ref _pending));
            _stream.Disposals++;
            return default;
        }

        public bool GetResult(short token) => _move.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _move.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
            => _move.OnCompleted(continuation, state, token, flags);

        private void Cancel() => End(static player => player._move.SetException(new OperationCanceledException(player._token)));

        private void Play() => End(static player =>
        {
            char symbol = player._stream._marbles[player._next++].Symbol;
            player.Current = symbol;
            if (symbol == Marble.Error)
            {
                player._move.SetException(new MarbleException());
            }
            else
            {
                player._move.SetResult(symbol != Marble.End);
            }
        });

        private void End(Action<Player> how)
        {
            if (Interlocked.Exchange(ref _pending, 0) == 1)
            {
                _timer?.Dispose();
                _registration.Unregister();
                how(this);
            }
        }
    }
}
