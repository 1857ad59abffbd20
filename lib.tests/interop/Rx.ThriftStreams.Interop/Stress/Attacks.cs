using System.Net;

namespace Rx.ThriftStreams.InteropProgram.Stress;

/// <summary>The attacks that an unauthenticated client can make with bytes alone.</summary>
internal static class Attacks
{
    private static readonly byte[] Http2Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawBytes.Http2Frame(4, 0, 0, [])];

    internal static IReadOnlyList<Attack> All(int seed) =>
    [
        new("mesh-headers", (server, token) => OneAsync(server, Repeat([0xFF, 0xAF, 0x00, 0x02, 0x00, 0x00], 18_000), token)),
        new("orphaned-handlers", (server, token) => OneAsync(server, OrphanedHandlers(), token)),
        new("decode-amplification", (server, token) => OneAsync(server, RawBytes.FramedCall("PingPongDefault", 1, NestedEmptyLists(800_000)), token)),
        new("hash-flood", (server, token) => OneAsync(server, RawBytes.FramedCall("PingPongDefault", 1, CollidingSet(100_000)), token)),
        new("deep-structs", (server, token) => OneAsync(server, RawBytes.FramedCall("Add", 1, Repeat([0x0C, 0x00, 0x09], 1_000_000)), token)),
        new("empty-data", (server, token) => OneAsync(server, [.. Open(1, "Echo"), .. Repeat(RawBytes.StreamFrame(RawBytes.FrameData, 1, "Echo", []), 500_000)], token)),
        new("header-pairs", (server, token) => OneAsync(server, HeaderPairs(), token)),
        new("unread-answers", UnreadAnswersAsync),
        new("partial-frames", (server, token) => ManyAsync(server, 100, [.. new RawBytes().AddU32(3_700_000).AddU32(0x80010001).ToArray(), .. new byte[3_600_000]], token)),
        new("half-a-header", (server, token) => ManyAsync(server, 300, [0x00, 0x00, 0x01], token)),
        new("http2-reset", (server, token) => OneAsync(server, RapidReset(20_000), token)),
        new("http2-ping", (server, token) => OneAsync(server, [.. Http2Preface, .. Repeat(RawBytes.Http2Frame(6, 0, 0, new byte[8]), 500_000)], token)),
        new("http2-partial", (server, token) => ManyAsync(server, 50, PartialGrpcMessage(), token)),
        new("random", (server, token) => FuzzAsync(server, seed, Garbage, token)),
        new("mutations", (server, token) => FuzzAsync(server, seed, Mutation, token)),
    ];

    private static byte[] Open(int id, string method) => RawBytes.StreamFrame(RawBytes.FrameHeader, id, method, [], ("isn", "TestService"));

    private static byte[] Repeat(ReadOnlySpan<byte> bytes, int count)
    {
        var all = new byte[bytes.Length * count];
        for (var i = 0; i < count; i++)
        {
            bytes.CopyTo(all.AsSpan(i * bytes.Length));
        }

        return all;
    }

    /// <summary>The same stream again and again, each time ended by its client and begun anew before its handler has ended.</summary>
    private static byte[] OrphanedHandlers()
        => Repeat([.. Open(1, "EchoClient"), .. RawBytes.StreamFrame(RawBytes.FrameTrailer, 1, "EchoClient", [])], 2_000);

    /// <summary>The field <c>list&lt;list&lt;string&gt;&gt;</c> of the argument: five bytes on the wire for each list in memory.</summary>
    private static byte[] NestedEmptyLists(int count)
    {
        var bytes = new RawBytes().AddU8(12).AddU16(1).AddU8(15).AddU16(18).AddU8(15).AddU32(count);
        return [.. bytes.ToArray(), .. Repeat([11, 0, 0, 0, 0], count), 0, 0];
    }

    /// <summary>The field <c>set&lt;i64&gt;</c> with keys that .NET's own hash of a 64-bit number maps to 0.</summary>
    private static byte[] CollidingSet(int count)
    {
        var bytes = new RawBytes().AddU8(12).AddU16(1).AddU8(14).AddU16(33).AddU8(10).AddU32(count);
        for (long i = 0; i < count; i++)
        {
            bytes.AddI64((i << 32) | i);
        }

        return bytes.AddU8(0).AddU8(0).ToArray();
    }

    private static byte[] HeaderPairs()
    {
        var pairs = Enumerable.Range(0, 6_000).Select(i => ($"{i:x}", "v")).Append(("isn", "TestService")).ToArray();
        return [.. Enumerable.Range(1, 400).SelectMany(id => RawBytes.StreamFrame(RawBytes.FrameHeader, id, "Echo", [], pairs))];
    }

    private static byte[] RapidReset(int count)
    {
        var bytes = new RawBytes().Add(Http2Preface);
        var headers = RawBytes.Http2CallHeaders("/echo.TestService/Echo");
        for (var stream = 1; stream < 2 * count; stream += 2)
        {
            bytes.Add(RawBytes.Http2Frame(1, 4, stream, headers)).Add(RawBytes.Http2Frame(3, 0, stream, [0, 0, 0, 8]));
        }

        return bytes.ToArray();
    }

    /// <summary>Streams whose only message is announced with 4 MB and never completed.</summary>
    private static byte[] PartialGrpcMessage()
    {
        var bytes = new RawBytes().Add(Http2Preface);
        bytes.Add(RawBytes.Http2Frame(1, 4, 1, RawBytes.Http2CallHeaders("/echo.TestService/EchoClient")));
        bytes.Add(RawBytes.Http2Frame(0, 0, 1, new RawBytes().AddU8(0).AddU32(4_000_000).ToArray()));
        for (var i = 0; i < 220; i++)
        {
            bytes.Add(RawBytes.Http2Frame(0, 0, 1, new byte[16_384]));
        }

        return bytes.ToArray();
    }

    private static async Task<IReadOnlyList<IDisposable>> OneAsync(IPEndPoint server, byte[] bytes, CancellationToken cancellationToken)
    {
        var connection = await RawConnection.OpenAsync(server, cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // What the server answers is read, so that it is the attack that is measured and not a full socket.
        var reading = connection.ReadToEndAsync(enough.Token);
        await connection.SendAsync(bytes, cancellationToken);
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken));
        await enough.CancelAsync();
        await reading;
        return [connection];
    }

    /// <summary>Many connections that send the same and then say no more.</summary>
    private static async Task<IReadOnlyList<IDisposable>> ManyAsync(IPEndPoint server, int count, byte[] bytes, CancellationToken cancellationToken)
    {
        var connections = new List<RawConnection>();
        for (var i = 0; i < count && !cancellationToken.IsCancellationRequested; i++)
        {
            var connection = await RawConnection.OpenAsync(server, cancellationToken);
            connections.Add(connection);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromMilliseconds(100));
            await connection.SendAsync(bytes, patience.Token);
        }

        return connections;
    }

    /// <summary>Calls whose answers are large and never read.</summary>
    private static async Task<IReadOnlyList<IDisposable>> UnreadAnswersAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        var text = new RawBytes().AddU8(11).AddU16(1).AddText32(new string('x', 100_000)).AddU8(0).ToArray();
        var calls = Repeat(RawBytes.FramedCall("EchoString", 1, text), 30);
        return await ManyAsync(server, 30, calls, cancellationToken);
    }

    private static async Task<IReadOnlyList<IDisposable>> FuzzAsync(IPEndPoint server, int seed, Func<Random, byte[]> make, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        while (!cancellationToken.IsCancellationRequested)
        {
            using var connection = await RawConnection.OpenAsync(server, CancellationToken.None);
            await connection.SendAsync(make(random), CancellationToken.None);
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(5));
            await connection.ReadToEndAsync(patience.Token);
        }

        return [];
    }

    private static byte[] Garbage(Random random)
    {
        var bytes = new byte[random.Next(1, 4_000)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A valid beginning of one of the protocols with some bytes changed, cut or repeated.</summary>
    private static byte[] Mutation(Random random)
    {
        byte[][] valid =
        [
            RawBytes.FramedCall("Add", 1, [8, 0, 1, 0, 0, 0, 1, 8, 0, 2, 0, 0, 0, 2, 0]),
            RawBytes.FramedCall("Add", 1, [8, 0, 1, 0, 0, 0, 1, 8, 0, 2, 0, 0, 0, 2, 0])[4..],
            RawBytes.FramedCall("PingPongDefault", 1, NestedEmptyLists(3)),
            [.. Open(1, "Echo"), .. RawBytes.StreamFrame(RawBytes.FrameData, 1, "Echo", [11, 0, 1, 0, 0, 0, 1, 97, 0]), .. RawBytes.StreamFrame(RawBytes.FrameTrailer, 1, "Echo", [])],
            [.. Http2Preface, .. RawBytes.Http2Frame(1, 4, 1, RawBytes.Http2CallHeaders("/echo.TestService/Echo")), .. RawBytes.Http2Frame(0, 1, 1, [0, 0, 0, 0, 1, 0])],
        ];
        var bytes = valid[random.Next(valid.Length)].ToArray();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = random.Next(3) switch { 0 => 0, 1 => 0xFF, _ => (byte)random.Next(256) };
        }

        return random.Next(4) == 0 ? bytes[..random.Next(1, bytes.Length)] : [.. bytes, .. random.Next(4) == 0 ? bytes : []];
    }
}
