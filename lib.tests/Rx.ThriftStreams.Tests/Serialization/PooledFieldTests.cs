using System.Buffers;
using System.Text.Json;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Pieces;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Fields with <c>csharp.type="pooled"</c>: in generated types, and in calls over every transport.</summary>
[Collection(nameof(PooledFieldTests))]
[CollectionDefinition(nameof(PooledFieldTests), DisableParallelization = true)]
public sealed class PooledFieldTests
{
    private const int LargeSize = 256 * 1024;

    public static TheoryData<ThriftProtocol> Protocols => [.. Enum.GetValues<ThriftProtocol>()];

    public static TheoryData<string> Schemes => ["grpc", "ttheader", "memory"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Piece Sample => new()
    {
        Number = 1,
        Data = new(new byte[] { 1, 2, 3 }),
        Digest = default(ThriftPooledBinary),
        Kind = new("zip"u8.ToArray()),
        Parts = { new(new byte[] { 4 }), default },
        ByNumber = { [5] = new(new byte[] { 6 }) },
    };

    private static PlainPiece Plain => new()
    {
        Number = 1,
        Data = new byte[] { 1, 2, 3 },
        Digest = ReadOnlyMemory<byte>.Empty,
        Kind = "zip"u8.ToArray(),
        Parts = { new byte[] { 4 }, ReadOnlyMemory<byte>.Empty },
        ByNumber = { [5] = new byte[] { 6 } },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Bytes_AreThoseOfOtherBinaries(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(Sample, protocol);

        Assert.Equal(ThriftSerializer.SerializeToArray(Plain, protocol), bytes);
        Assert.Equal(Sample, ThriftSerializer.Deserialize<Piece>(bytes, protocol));
        Assert.Equal(Sample.GetHashCode(), ThriftSerializer.Deserialize<Piece>(bytes, protocol).GetHashCode());
        Assert.Equal(Plain, ThriftSerializer.Deserialize<PlainPiece>(bytes, protocol));
        Assert.Equal(Sample.ToString().Replace("Piece", "PlainPiece", StringComparison.Ordinal), Plain.ToString());
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Default_IsReadWhereTheFieldIsMissing_AndSurvivesDispose(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new PlainPiece { Kind = null }, protocol);

        ThriftSerializer.Deserialize<Piece>(bytes, protocol).Kind!.Value.Dispose();

        Assert.Equal("raw"u8, ThriftSerializer.Deserialize<Piece>(bytes, protocol).Kind!.Value.Span);
        Assert.Equal("raw"u8, new Piece().Kind!.Value.Span);
    }

    [Fact]
    public void Json_IsThatOfOtherBinaries()
    {
        string json = JsonSerializer.Serialize(Sample);

        Assert.Equal(JsonSerializer.Serialize(Plain), json);
        Assert.Equal(Sample, JsonSerializer.Deserialize<Piece>(json));
        Assert.Equal("{\"Data\":\"AQI=\"}", JsonSerializer.Serialize(PieceContent.Data(new(new byte[] { 1, 2 }))));
    }

    [Fact]
    public void Write_AfterDispose_IsRefused()
    {
        var piece = ThriftSerializer.Deserialize<Piece>(ThriftSerializer.SerializeToArray(Plain));
        piece.Data.Dispose();

        Assert.Throws<ObjectDisposedException>(() => ThriftSerializer.SerializeToArray(piece));
        Assert.Contains("3 bytes, disposed of", piece.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public void Read_ABinaryBeyondTheLimits_IsRefused(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new PlainPiece { Data = new byte[1000] }, protocol);

        Assert.Equal(1000, ThriftSerializer.Deserialize<Piece>(bytes, protocol, new ThriftReaderLimits { MaxMemory = 2000 }).Data.Length);
        var tooLarge = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Piece>(bytes, protocol, new ThriftReaderLimits { MaxMemory = 1000 }));
        Assert.Equal(ThriftStatusCode.ResourceExhausted, tooLarge.StatusCode);
    }

    /// <summary>The first of two large binaries keeps the array that the segments were joined in; the second is in one of its own.</summary>
    [Fact]
    public void Read_TwoLargeBinariesOfAMessageInSegments_AreBothWhole()
    {
        var first = Pattern(1, 70_000);
        var second = Pattern(2, 70_000);
        byte[] bytes = ThriftSerializer.SerializeToArray(new PlainPiece { Data = first, Digest = second });

        var piece = ThriftSerializer.Deserialize<Piece>(Segments(bytes, 1000));
        Assert.Equal((ReadOnlySpan<byte>)first, piece.Data.Span);
        piece.Data.Dispose();
        var other = ThriftSerializer.Deserialize<Piece>(Segments(ThriftSerializer.SerializeToArray(new PlainPiece { Data = Pattern(3, 140_000) }), 1000));

        Assert.Equal((ReadOnlySpan<byte>)second, piece.Digest!.Value.Span);
        Assert.Equal((ReadOnlySpan<byte>)Pattern(3, 140_000), other.Data.Span);
    }

    [Fact]
    public void Read_AMessageThatIsBrokenBehindALargeBinary_LeavesThePoolIntact()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new PlainPiece { Data = Pattern(1, 70_000) })[..^1];

        Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Piece>(Segments(bytes, 1000)));

        var next = Enumerable.Range(1, 4).Select(static i => ThriftSerializer.Deserialize<Piece>(Segments(ThriftSerializer.SerializeToArray(new PlainPiece { Data = Pattern(i, 70_000) }), 1000))).ToList();
        Assert.All(next, static (piece, i) => Assert.Equal((ReadOnlySpan<byte>)Pattern(i + 1, 70_000), piece.Data.Span));
    }

    /// <summary>Binaries are whole while they are held, in whatever order others are returned: nobody else writes into their arrays.</summary>
    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Streams_WhoseBinariesAreHeldAndReturnedInAnyOrder_HaveWholeBinaries(string scheme)
    {
        await using var connection = await StoreConnection.StartAsync(scheme);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async seed =>
        {
            var random = new Random(seed);
            List<Piece> held = [];
            await foreach (var piece in connection.Client.DownloadAsync(new PieceRequest { Count = 60, Size = random.Next(1, 200_000) }, cancellationToken: Token))
            {
                held.Add(piece);
                if (held.Count > 5)
                {
                    var chosen = held[random.Next(held.Count)];
                    AssertWhole(chosen);
                    chosen.Data.Dispose();
                    held.Remove(chosen);
                }
            }

            held.ForEach(AssertWhole);
        }));
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Calls_OfEveryKind_CarryBinaries(string scheme)
    {
        await using var connection = await StoreConnection.StartAsync(scheme);
        var client = connection.Client;
        var pieces = Enumerable.Range(0, 10).Select(static i => new Piece { Number = i, Data = new(Pattern(i, i * 20_000)) }).ToList();

        using var read = await client.ReadAsync(new PieceRequest { Count = 7, Size = 100_000 }, Token);
        Assert.Equal((ReadOnlySpan<byte>)Pattern(7, 100_000), read.Span);
        Assert.Equal(pieces.Sum(static piece => piece.Data.Length), (await client.UploadAsync(pieces.ToAsyncEnumerable(), Token)).Bytes);
        Assert.Equal(pieces, await client.CopyAsync(pieces.ToAsyncEnumerable(), Token).ToListAsync(Token));
    }

    /// <summary>
    /// The point of it: what is returned is used again. Of a debug build, both sides together; what comes on top of nothing is what the pools of the runtime give up at collections. A piece is sent when the one before it
    /// has been returned: HttpClient keeps what a slow reader has not taken in blocks of 16 KiB, and the runtime's pool keeps 32 of them for each processor, so that a reader which falls behind, on a busy machine, would measure that.
    /// </summary>
    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task LargeBinaries_ThatAreReturned_AllocateAFractionOfTheirSize(string scheme)
    {
        const int Count = 100;
        await using var connection = await StoreConnection.StartAsync(scheme);
        using var turn = new SemaphoreSlim(1);
        connection.Service.Turn = turn;

        var down = await Allocations.LeastAsync(Count, async () =>
        {
            await foreach (var piece in connection.Client.DownloadAsync(new PieceRequest { Count = Count, Size = LargeSize }, cancellationToken: Token))
            {
                using (var data = piece.Data)
                {
                    Assert.Equal(LargeSize, data.Length);
                }

                turn.Release();
            }
        });
        var up = await Allocations.LeastAsync(Count, async () =>
            Assert.Equal(Count * (long)LargeSize, (await connection.Client.UploadAsync(Repeat(Count, turn), Token)).Bytes));

        Assert.InRange(down, 0, LargeSize / 4);
        Assert.InRange(up, 0, LargeSize / 4);
    }

    private static async IAsyncEnumerable<Piece> Repeat(int count, SemaphoreSlim turn)
    {
        var piece = new Piece { Data = new(StoreService.Large) };
        for (var i = 0; i < count; i++)
        {
            await turn.WaitAsync(Token);
            yield return piece;
        }
    }

    private static void AssertWhole(Piece piece) => Assert.True(piece.Data.Span.SequenceEqual(Pattern(piece.Number, piece.Data.Length)), $"Piece {piece.Number} has other bytes than were sent.");

    private static byte[] Pattern(int number, int size)
    {
        var bytes = new byte[size];
        new Random(number).NextBytes(bytes);
        return bytes;
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes, int size)
    {
        var first = new Segment(bytes.AsMemory(0, size), 0);
        var last = first;
        for (var i = size; i < bytes.Length; i += size)
        {
            last = last.Append(bytes.AsMemory(i, Math.Min(size, bytes.Length - i)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, long start)
        {
            Memory = memory;
            RunningIndex = start;
        }

        internal Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    private sealed class StoreConnection(StoreService service, IAsyncDisposable server, ThriftChannel channel) : IAsyncDisposable
    {
        internal StoreService Service => service;

        internal PieceStoreClient Client { get; } = new(channel);

        internal static async Task<StoreConnection> StartAsync(string scheme)
        {
            var service = new StoreService();
            if (scheme == "memory")
            {
                var memory = ThriftInMemoryServer.Create(services => services.AddService<IPieceStore>(service));
                return new(service, memory, memory.CreateChannel());
            }

            var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<IPieceStore>(service));
            return new(service, server, PatientChannel.ForAddress($"{scheme}://{server.Endpoint}"));
        }

        public async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync();
            await server.DisposeAsync();
        }
    }

    private sealed class StoreService : IPieceStore
    {
        internal static readonly byte[] Large = Pattern(0, LargeSize);

        /// <summary>Waited for before a piece is sent, and released when one has been received and returned.</summary>
        internal SemaphoreSlim? Turn { get; set; }

        public Task<ThriftPooledBinary> ReadAsync(PieceRequest request, CancellationToken cancellationToken)
            => Task.FromResult(new ThriftPooledBinary(Pattern(request.Count, request.Size)));

        public async IAsyncEnumerable<Piece> DownloadAsync(PieceRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var piece = new Piece();
            for (var i = 0; i < request.Count; i++)
            {
                piece.Number = i;
                piece.Data = new(request.Size == LargeSize ? Large : Pattern(i, request.Size));
                await (Turn?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
                yield return piece;
            }
        }

        public async Task<PieceSummary> UploadAsync(IAsyncEnumerable<Piece> pieces, CancellationToken cancellationToken)
        {
            var summary = new PieceSummary();
            await foreach (var piece in pieces)
            {
                using (var data = piece.Data)
                {
                    summary.Bytes += data.Length;
                }

                Turn?.Release();
            }

            return summary;
        }

        public async IAsyncEnumerable<Piece> CopyAsync(IAsyncEnumerable<Piece> pieces, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var piece in pieces)
            {
                yield return piece;

                // It has been sent.
                piece.Data.Dispose();
            }
        }
    }
}
