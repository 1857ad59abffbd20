namespace Rx.ThriftStreams.Comparison;

/// <summary>What is measured.</summary>
internal enum Shape
{
    /// <summary>Calls of one message each way, one after the other.</summary>
    Call,

    /// <summary>A stream on which a message is answered before the next is sent.</summary>
    Bidirectional,

    /// <summary>A stream of messages to the client.</summary>
    Server,

    /// <summary>A stream of messages to the server.</summary>
    Client,
}

/// <summary>One row of the comparison.</summary>
/// <param name="Shape">What is measured.</param>
/// <param name="Size">Characters of a message, all ASCII.</param>
/// <param name="Parallel">Calls or streams at a time.</param>
internal sealed record Cell(Shape Shape, int Size, int Parallel)
{
    internal static IReadOnlyList<Cell> All { get; } =
    [
        .. Rows(Shape.Call, (16, 1), (16, 16), (16, 64), (1024, 16), (16 * 1024, 16)),
        .. Rows(Shape.Bidirectional, (16, 1), (16, 16), (16, 64)),
        .. Rows(Shape.Server, (16, 4), (1024, 4), (64 * 1024, 4)),
        .. Rows(Shape.Client, (16, 4), (1024, 4), (64 * 1024, 4)),
    ];

    public override string ToString() => $"{Shape.ToString().ToLowerInvariant()} {(Size < 1024 ? $"{Size} B" : $"{Size / 1024} KiB")} x {Parallel}";

    private static IEnumerable<Cell> Rows(Shape shape, params (int Size, int Parallel)[] rows) => rows.Select(row => new Cell(shape, row.Size, row.Parallel));
}
