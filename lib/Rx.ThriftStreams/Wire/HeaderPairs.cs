namespace Rx.ThriftStreams.Wire;

/// <summary>A string pair in place.</summary>
internal readonly ref struct HeaderStringPair(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
{
    public ReadOnlySpan<byte> Key { get; } = key;

    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>An integer-keyed pair in place.</summary>
internal readonly ref struct HeaderIntPair(TTHeaderIntKey key, ReadOnlySpan<byte> value)
{
    public TTHeaderIntKey Key { get; } = key;

    public ReadOnlySpan<byte> Value { get; } = value;
}

/// <summary>Enumerates the string pairs of a header info that was validated before.</summary>
internal ref struct HeaderStringPairs
{
    private readonly ReadOnlySpan<byte> _info;
    private int _position;
    private int _left;
    private HeaderStringPair _current;

    public HeaderStringPairs(ReadOnlySpan<byte> info, int start)
    {
        _info = info;
        _position = start;
    }

    /// <summary>Enumerates bare pairs without an enclosing block, as in a mesh header.</summary>
    public HeaderStringPairs(ReadOnlySpan<byte> info, int start, int count)
        : this(info, start)
    {
        _left = count;
    }

    public readonly HeaderStringPair Current => _current;

    public readonly HeaderStringPairs GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_left == 0)
        {
            if (_position >= _info.Length)
            {
                return false;
            }

            switch (_info[_position++])
            {
                case TTHeaderFormat.StringBlock:
                    _left = TTHeaderInfo.ReadUInt16(_info, ref _position);
                    break;

                case TTHeaderFormat.IntBlock:
                    for (int pairs = TTHeaderInfo.ReadUInt16(_info, ref _position); pairs > 0; pairs--)
                    {
                        _position += 2;
                        _ = TTHeaderInfo.ReadText(_info, ref _position);
                    }

                    break;

                case TTHeaderFormat.AclTokenBlock:
                    _current = new HeaderStringPair(TTHeaderStringKeys.AclToken, TTHeaderInfo.ReadText(_info, ref _position).Of(_info));
                    return true;
            }
        }

        _left--;
        ReadOnlySpan<byte> key = TTHeaderInfo.ReadText(_info, ref _position).Of(_info);
        _current = new HeaderStringPair(key, TTHeaderInfo.ReadText(_info, ref _position).Of(_info));
        return true;
    }
}

/// <summary>Enumerates the integer-keyed pairs of a header info that was validated before.</summary>
internal ref struct HeaderIntPairs
{
    private readonly ReadOnlySpan<byte> _info;
    private int _position;
    private int _left;
    private HeaderIntPair _current;

    public HeaderIntPairs(ReadOnlySpan<byte> info, int start)
    {
        _info = info;
        _position = start;
    }

    public readonly HeaderIntPair Current => _current;

    public readonly HeaderIntPairs GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_left == 0)
        {
            if (_position >= _info.Length)
            {
                return false;
            }

            switch (_info[_position++])
            {
                case TTHeaderFormat.IntBlock:
                    _left = TTHeaderInfo.ReadUInt16(_info, ref _position);
                    break;

                case TTHeaderFormat.StringBlock:
                    for (int texts = 2 * TTHeaderInfo.ReadUInt16(_info, ref _position); texts > 0; texts--)
                    {
                        _ = TTHeaderInfo.ReadText(_info, ref _position);
                    }

                    break;

                case TTHeaderFormat.AclTokenBlock:
                    _ = TTHeaderInfo.ReadText(_info, ref _position);
                    break;
            }
        }

        _left--;
        var key = (TTHeaderIntKey)TTHeaderInfo.ReadUInt16(_info, ref _position);
        _current = new HeaderIntPair(key, TTHeaderInfo.ReadText(_info, ref _position).Of(_info));
        return true;
    }
}
