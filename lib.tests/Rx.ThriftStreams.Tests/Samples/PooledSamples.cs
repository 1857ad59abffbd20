using System.Runtime.CompilerServices;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.Pieces;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/idl.md, "Binaries in memory of a pool".</summary>
public sealed class PooledSamples
{
    [Fact]
    public async Task Files_AreDownloadedInPieces()
    {
        var photo = new byte[1_000_000];
        new Random(1).NextBytes(photo);
        await using var server = ThriftInMemoryServer.Create(services => services.AddService<IFiles>(new FileService(_ => new MemoryStream(photo))));
        await using var channel = server.CreateChannel();
        var client = new FilesClient(channel);
        var file = new MemoryStream();

        // <sample idl-pooled-receive>
        await foreach (FilePiece piece in client.DownloadAsync(new FileRequest { Name = "photo.jpg" }))
        {
            using ThriftPooledBinary data = piece.Data;
            await file.WriteAsync(data.Memory);
        }
        // </sample idl-pooled-receive>

        Assert.Equal(photo, file.ToArray());
    }

    private sealed class FileService(Func<string, Stream> open) : IFiles
    {
        // <sample idl-pooled-send>
        public async IAsyncEnumerable<FilePiece> DownloadAsync(FileRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await using Stream file = open(request.Name);
            byte[] buffer = new byte[256 * 1024];
            while (await file.ReadAsync(buffer, cancellationToken) is var length and > 0)
            {
                yield return new FilePiece { Data = new(buffer.AsMemory(0, length)) };
            }
        }
        // </sample idl-pooled-send>
    }
}
