using System.Net;

namespace Rx.ThriftStreams.InteropProgram.Stress;

/// <summary>One way of being a bad client.</summary>
/// <param name="Name">Its name in the table and for <c>--attack</c>.</param>
/// <param name="RunAsync">
/// Attacks the server there until the token is cancelled or nothing is left to do. Connections that it returns stay open, unread, while the server is examined.
/// </param>
internal sealed record Attack(string Name, Func<IPEndPoint, CancellationToken, Task<IReadOnlyList<IDisposable>>> RunAsync);

/// <summary>How the server took an attack.</summary>
/// <param name="IsAlive">Whether its process is still there.</param>
/// <param name="Neighbour">How long a call of somebody else took afterwards; <see langword="null"/> if it got no answer.</param>
/// <param name="Memory">The largest resident size meanwhile, in bytes.</param>
/// <param name="Processor">The share of one processor that it still used some seconds after the attack, when nobody asked for anything.</param>
/// <param name="Duration">How long the attack took until the server had ended it or it was done.</param>
internal readonly record struct AttackResult(bool IsAlive, TimeSpan? Neighbour, long Memory, double Processor, TimeSpan Duration)
{
    // What a server counts is bounded by 256 MiB. Beside it each of up to 300 connections has a pipe and buffers, and garbage waits for its collection.
    internal const long MostMemory = 768L * 1024 * 1024;
    internal const double MostProcessor = 0.5;

    internal string Verdict => !IsAlive ? "DIED"
        : Neighbour is null ? "STALLED"
        : Memory > MostMemory ? "MEMORY"
        : Processor > MostProcessor ? "BUSY"
        : "survived";
}
