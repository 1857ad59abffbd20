using System.Diagnostics;
using System.Globalization;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Benchmarks.Calls.Idl;

namespace Rx.ThriftStreams.Benchmarks.Calls;

/// <summary>
/// Downloads in large pieces, over a socket of this machine, as a <c>binary</c> and as one whose memory the client returns: what a piece costs, client and server together. The least of
/// five rounds in turn.
/// </summary>
internal static class PieceDownloads
{
    private const int Rounds = 5;
    private const long RoundBytes = 512L * 1024 * 1024;

    internal static async Task RunAsync()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static server => server.AddService<IPieces>(new Service()));
        Console.WriteLine("| size | transport | | processor time, µs | bytes allocated | collections of generation 2 per 1,000 |");
        Console.WriteLine("|---|---|---|---:|---:|---:|");
        foreach (var size in (int[])[64 * 1024, 256 * 1024, 1024 * 1024])
        {
            foreach (var scheme in (string[])["grpc", "ttheader"])
            {
                await using var channel = ThriftChannel.ForAddress($"{scheme}://{server.Endpoint}");
                var client = new PiecesClient(channel);
                var (leastPlain, leastPooled) = (Cost.Most, Cost.Most);
                for (var round = 0; round < Rounds; round++)
                {
                    leastPlain = leastPlain.Least(await MeasureAsync(size, count => DownloadAsync(client, count, size)));
                    leastPooled = leastPooled.Least(await MeasureAsync(size, count => DownloadPooledAsync(client, count, size)));
                }

                leastPlain.Print(size, scheme, "`binary`");
                leastPooled.Print(size, scheme, "`csharp.type=\"pooled\"`");
            }
        }
    }

    private static async Task<Cost> MeasureAsync(int size, Func<int, Task> download)
    {
        var count = (int)(RoundBytes / size);
        var before = (Processor: Environment.CpuUsage.TotalTime, Allocated: GC.GetTotalAllocatedBytes(precise: true), Collections: GC.CollectionCount(2));
        await download(count);
        return new(
            (Environment.CpuUsage.TotalTime - before.Processor).TotalMicroseconds / count,
            (GC.GetTotalAllocatedBytes(precise: true) - before.Allocated) / (double)count,
            (GC.CollectionCount(2) - before.Collections) * 1000.0 / count);
    }

    private static async Task DownloadAsync(PiecesClient client, int count, int size)
    {
        await foreach (var piece in client.DownloadAsync(new() { Count = count, Size = size }))
        {
            Debug.Assert(piece.Data.Length == size);
        }
    }

    private static async Task DownloadPooledAsync(PiecesClient client, int count, int size)
    {
        await foreach (var piece in client.DownloadPooledAsync(new() { Count = count, Size = size }))
        {
            using var data = piece.Data;
            Debug.Assert(data.Length == size);
        }
    }

    private readonly record struct Cost(double Processor, double Allocated, double Collections)
    {
        internal static readonly Cost Most = new(double.MaxValue, double.MaxValue, double.MaxValue);

        internal Cost Least(Cost other)
            => new(Math.Min(Processor, other.Processor), Math.Min(Allocated, other.Allocated), Math.Min(Collections, other.Collections));

        internal void Print(int size, string scheme, string type)
            => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {size / 1024} KiB | {scheme} | {type} | {Processor:N0} | {Allocated:N0} | {Collections:N1} |"));
    }

    private sealed class Service : IPieces
    {
        public IAsyncEnumerable<Piece> DownloadAsync(PieceRequest request, CancellationToken cancellationToken)
            => Enumerable.Repeat(new Piece { Data = new byte[request.Size] }, request.Count).ToAsyncEnumerable();

        public IAsyncEnumerable<PooledPiece> DownloadPooledAsync(PieceRequest request, CancellationToken cancellationToken)
            => Enumerable.Repeat(new PooledPiece { Data = new(new byte[request.Size]) }, request.Count).ToAsyncEnumerable();
    }
}
