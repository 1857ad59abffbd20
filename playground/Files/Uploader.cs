// <sample files-uploader>
using System.Runtime.CompilerServices;
using Rx.ThriftStreams;

namespace Files;

/// <summary>Uploads a file, and continues where it was when a server or a connection is lost.</summary>
internal sealed class Uploader(IFileStore store)
{
    private const int PieceSize = 256 * 1024;
    private const int MaxAttempts = 10;

    public async Task<Stored> UploadAsync(string name, Stream source, Action<long> progress, CancellationToken cancellationToken = default)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Stored arrived = await store.SizeAsync(new FileName { Name = name }, cancellationToken);
                return await store.UploadAsync(PartsAsync(name, source, arrived.Size, progress, cancellationToken), cancellationToken);
            }
            catch (ThriftException error) when (attempt < MaxAttempts && error.StatusCode is ThriftStatusCode.Unavailable or ThriftStatusCode.Aborted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt * Random.Shared.NextDouble()), cancellationToken);
            }
        }
    }

    private static async IAsyncEnumerable<Part> PartsAsync(
        string name,
        Stream source,
        long offset,
        Action<long> progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        source.Position = offset;
        progress(offset);
        yield return Part.Start(new Start { Name = name, Offset = offset });

        // A message is encoded before the next one is asked for, so that its memory can be used again.
        byte[] buffer = new byte[PieceSize];
        while (await source.ReadAsync(buffer, cancellationToken) is var length and > 0)
        {
            yield return Part.Piece(new Piece { Data = new(buffer.AsMemory(0, length)) });
            progress(source.Position);
        }
    }
}
// </sample files-uploader>
