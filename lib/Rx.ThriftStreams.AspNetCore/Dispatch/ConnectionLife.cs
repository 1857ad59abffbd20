using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>
/// What the connections that this library serves itself have in common, whichever protocol they carry: the memory they take, the calls that run, how long they have
/// been idle, how old they may become, and how they end.
/// </summary>
/// <remarks>Thread-safe, apart from <see cref="Begin"/>, <see cref="BeginClosing"/> and <see cref="End"/>, which the connection's own loop calls in that order.</remarks>
internal sealed class ConnectionLife
{
    // What is written may still be on its way to the socket when a connection ends in order.
    private static readonly TimeSpan LimitWhenClosing = TimeSpan.FromSeconds(2);

    private readonly ThriftServerRuntime _runtime;
    private readonly IConnectionControl _control;
    private readonly PeerMemory _memory;
    private readonly int _ownMemory;
    private readonly ConnectionAge _age;
    private readonly TimeSpan _idleTime;
    private ISweptConnection? _connection;
    private long _idleSince;
    private long _closingSince;

    /// <param name="runtime">The host's settings and sweep.</param>
    /// <param name="control">The connection under the bytes.</param>
    /// <param name="memory">The connection's budget.</param>
    /// <param name="ownMemory">What the connection takes beside everything that is counted, in bytes.</param>
    /// <param name="drained">What goes through the stages of an orderly end.</param>
    internal ConnectionLife(ThriftServerRuntime runtime, IConnectionControl control, PeerMemory memory, int ownMemory, IDrainedConnection drained)
    {
        _runtime = runtime;
        _control = control;
        _memory = memory;
        _ownMemory = ownMemory;
        Drain = new ConnectionDrain(drained, runtime.Options);
        _age = new ConnectionAge(runtime.Options, Drain);
        _idleTime = ConnectionAge.IdleTimeOf(runtime.Options.Limits.ConnectionIdleTimeout);
        Volatile.Write(ref _idleSince, Now());
    }

    /// <summary>The calls that run.</summary>
    internal RunningCalls Calls { get; } = new();

    /// <summary>The orderly end of the connection.</summary>
    internal ConnectionDrain Drain { get; }

    /// <summary>Whether it has been without a call for longer than it may be.</summary>
    internal bool IsIdleTooLong => Calls.Count == 0 && IsOver(ref _idleSince, _idleTime);

    private TimeProvider Clock => _runtime.Options.TimeProvider;

    /// <summary>The connection is there.</summary>
    /// <param name="connection">What is swept until it has ended.</param>
    /// <param name="stopping">The server stops.</param>
    /// <returns><see langword="false"/> if there is no memory for it.</returns>
    internal bool Begin(ISweptConnection connection, CancellationToken stopping)
    {
        _memory.Take(_ownMemory);
        _connection = connection;
        _runtime.Sweep.Add(connection);
        Drain.Watch(stopping);
        return !_memory.IsParentOver;
    }

    /// <summary>A call has ended.</summary>
    internal void EndCall()
    {
        Volatile.Write(ref _idleSince, Now());
        Calls.End();
    }

    /// <summary>Everything is written, though perhaps not sent: from here on the sweep cuts the connection off if its peer does not take the rest.</summary>
    internal void BeginClosing() => Volatile.Write(ref _closingSince, Now());

    /// <summary>The connection has ended.</summary>
    internal void End()
    {
        Drain.Dispose();
        _memory.Return(_ownMemory);
        _memory.Close();
        if (Volatile.Read(ref _closingSince) == 0)
        {
            _runtime.Sweep.Remove(_connection!);
        }
    }

    /// <summary>Checks the age, and whether the peer takes the end.</summary>
    /// <returns><see langword="false"/> if the connection is closing, and has no other limits any more.</returns>
    internal bool Sweep()
    {
        if (Volatile.Read(ref _closingSince) == 0)
        {
            _age.Check();
            return true;
        }

        if (IsOver(ref _closingSince, LimitWhenClosing))
        {
            _runtime.Sweep.Remove(_connection!);
            _control.Abort(new IOException("The peer did not close its side of the connection in time."));
        }

        return false;
    }

    private long Now() => Math.Max(1, Clock.GetTimestamp());

    private bool IsOver(ref long since, TimeSpan limit) => limit > TimeSpan.Zero && Clock.GetElapsedTime(Volatile.Read(ref since)) >= limit;
}
