// <sample files-service>
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Rx.ThriftStreams;

namespace Files;

/// <summary>Files in a folder. What has arrived of an upload stays there under another name, so that it can continue.</summary>
internal sealed class FileStoreService(string folder, long maxSize) : IFileStore
{
    private const int PieceSize = 256 * 1024;

    public Task<Stored> SizeAsync(FileName file, CancellationToken cancellationToken = default)
    {
        var (whole, partial) = PathsOf(file.Name);
        var found = new FileInfo(File.Exists(whole) ? whole : partial);
        return Task.FromResult(new Stored { Size = found.Exists ? found.Length : 0 });
    }

    public async Task<Stored> UploadAsync(IAsyncEnumerable<Part> parts, CancellationToken cancellationToken = default)
    {
        await using var reader = parts.GetAsyncEnumerator(cancellationToken);
        if (!await reader.MoveNextAsync() || reader.Current is not Part.StartCase { Value: { } start })
        {
            throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, "An upload begins with its start.");
        }

        var (whole, partial) = PathsOf(start.Name);
        if (File.Exists(whole))
        {
            // The upload had ended, and its answer was lost. Files are written once.
            long size = new FileInfo(whole).Length;
            return size == start.Offset ? new Stored { Size = size } : throw new ThriftStatusException(ThriftStatusCode.AlreadyExists, "The file exists already.");
        }

        await using (FileStream file = Open(partial, start.Offset))
        {
            while (await reader.MoveNextAsync())
            {
                if (reader.Current is not Part.PieceCase { Value.Data: var piece })
                {
                    throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, "A piece was expected.");
                }

                using ThriftPooledBinary data = piece;
                if (file.Position + data.Length > maxSize)
                {
                    throw new ThriftStatusException(ThriftStatusCode.ResourceExhausted, $"A file has at most {maxSize} bytes.");
                }

                await file.WriteAsync(data.Memory, cancellationToken);
            }
        }

        // The caller has ended the stream itself. If it had been cut off, MoveNextAsync would have thrown.
        File.Move(partial, whole);
        return new Stored { Size = new FileInfo(whole).Length };
    }

    public async IAsyncEnumerable<Piece> DownloadAsync(Start from, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string path = PathsOf(from.Name).Whole;
        if (!File.Exists(path))
        {
            throw new ThriftStatusException(ThriftStatusCode.NotFound, "The file does not exist.");
        }

        await using FileStream file = File.OpenRead(path);
        file.Position = Math.Clamp(from.Offset, 0, file.Length);
        byte[] buffer = new byte[PieceSize];
        while (await file.ReadAsync(buffer, cancellationToken) is var length and > 0)
        {
            yield return new Piece { Data = new(buffer.AsMemory(0, length)) };
        }
    }

    private static FileStream Open(string path, long offset)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException error)
        {
            throw new ThriftStatusException(ThriftStatusCode.Aborted, "Another upload of this file is running.", error);
        }

        if (offset < 0 || offset > file.Length)
        {
            file.Dispose();
            throw new ThriftStatusException(ThriftStatusCode.OutOfRange, "The offset is beyond what has arrived.");
        }

        file.SetLength(offset);
        file.Position = offset;
        return file;
    }

    // The name comes from a peer, and must not choose a path.
    private (string Whole, string Partial) PathsOf(string name)
    {
        string path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
        return (path, path + ".part");
    }
}
// </sample files-service>
