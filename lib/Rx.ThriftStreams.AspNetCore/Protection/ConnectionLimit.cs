namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>How a new connection is handled.</summary>
internal enum ConnectionAdmission
{
    /// <summary>It is served.</summary>
    Served,

    /// <summary>Its calls are refused, and it ends soon.</summary>
    Refused,

    /// <summary>It is closed at once.</summary>
    Closed,
}

/// <summary>Counts the connections of a host. Thread-safe.</summary>
internal sealed class ConnectionLimit
{
    /// <summary>How many connections beyond the limit stay open to answer their calls with the reason: each of them needs as much as any other connection.</summary>
    internal const int MostRefused = 64;

    private readonly Lock _gate = new();
    private int _count;
    private int _refused;

    /// <summary>The limit; <see langword="null"/> for none.</summary>
    internal int? Most { get; set; }

    /// <summary>A connection was made. Unless it is closed, <see cref="Leave"/> has to be called at its end.</summary>
    internal ConnectionAdmission Enter()
    {
        lock (_gate)
        {
            if (Most is not { } most || _count < most)
            {
                _count++;
                return ConnectionAdmission.Served;
            }

            if (_refused < MostRefused)
            {
                _refused++;
                return ConnectionAdmission.Refused;
            }

            return ConnectionAdmission.Closed;
        }
    }

    /// <summary>A connection has ended.</summary>
    internal void Leave(ConnectionAdmission admission)
    {
        lock (_gate)
        {
            if (admission == ConnectionAdmission.Served)
            {
                _count--;
            }
            else if (admission == ConnectionAdmission.Refused)
            {
                _refused--;
            }
        }
    }
}
