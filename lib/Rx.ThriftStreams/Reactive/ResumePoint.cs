using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Reactive;

/// <summary>Where a stream failed: what is needed to request the rest of it.</summary>
/// <typeparam name="T">The type of the elements.</typeparam>
public readonly record struct ResumePoint<T>
{
    internal ResumePoint(bool hasLast, T? last, Exception error, int attempt)
    {
        HasLast = hasLast;
        Last = last;
        Error = error;
        Attempt = attempt;
    }

    /// <summary>Whether the consumer has received an element; if not, the rest is the whole stream.</summary>
    [MemberNotNullWhen(true, nameof(Last))]
    public bool HasLast { get; }

    /// <summary>The last element that the consumer has received; the type's default when <see cref="HasLast"/> is <see langword="false"/>.</summary>
    public T? Last { get; }

    /// <summary>The failure that ended the previous attempt.</summary>
    public Exception Error { get; }

    /// <summary>The number of this attempt since the last element, starting at 1.</summary>
    public int Attempt { get; }
}
