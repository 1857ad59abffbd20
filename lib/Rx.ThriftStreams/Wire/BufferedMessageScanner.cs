using System.Buffers;

namespace Rx.ThriftStreams.Wire;

/// <summary>Finds the ends of Buffered messages, each of which may have another <see cref="MessageCodec"/>. One a connection.</summary>
/// <param name="maxMessageSize">The largest message in bytes.</param>
internal sealed class BufferedMessageScanner(long maxMessageSize)
{
    private readonly MessageScanner _strict = MessageCodec.StrictBinary.CreateScanner(maxMessageSize);
    private (MessageCodec Codec, MessageScanner Scanner)? _other;
    private MessageScanner? _current;

    /// <inheritdoc cref="MessageScanner.NeededBytes"/>
    public long NeededBytes => _current?.NeededBytes ?? 1;

    /// <inheritdoc cref="MessageScanner.Reset"/>
    public void Reset()
    {
        _current?.Reset();
        _current = null;
    }

    /// <inheritdoc cref="MessageScanner.Discard"/>
    public void Discard(long bytes) => _current?.Discard(bytes);

    /// <inheritdoc cref="MessageScanner.TryScan"/>
    public bool TryScan(in ReadOnlySequence<byte> buffer, out long length)
    {
        _current ??= ScannerOf(MessageCodec.Of(buffer));
        return _current.TryScan(buffer, out length);
    }

    private MessageScanner ScannerOf(MessageCodec codec)
    {
        if (codec == MessageCodec.StrictBinary)
        {
            return _strict;
        }

        if (_other?.Codec != codec)
        {
            _other = (codec, codec.CreateScanner(maxMessageSize));
        }

        return _other.Value.Scanner;
    }
}
