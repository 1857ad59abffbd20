namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>An empty stream that ends, or fails, as the body of the response does.</summary>
internal sealed class EndOfResponseStream(GrpcResponseReader reader) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var drain = reader.DrainAsync(cancellationToken);
        return drain.IsCompletedSuccessfully ? new(0) : AwaitAsync(drain);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static async ValueTask<int> AwaitAsync(ValueTask drain)
    {
        await drain.ConfigureAwait(false);
        return 0;
    }
}
