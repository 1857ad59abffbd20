using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>The place of the value that is being converted. Keeping it costs a store for each field and element; the text is made for errors alone.</summary>
internal sealed class ValuePath
{
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private Frame[] _frames = new Frame[16];
    private int _depth;

    internal int Depth => _depth;

    internal void Push(ThriftFieldSchema? field)
    {
        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, _depth * 2);
        }

        _frames[_depth++] = new Frame { Field = field };
    }

    /// <summary>Sets the index of the current element.</summary>
    internal void Set(int index) => _frames[_depth - 1].Index = index;

    internal void Pop() => _depth--;

    internal void Clear() => _depth = 0;

    /// <summary>An error at this place.</summary>
    internal ThriftJsonException Error(string what, ThriftStatusCode statusCode, Exception? cause = null) => new(what, ToString(), statusCode, cause);

    /// <summary>An error at a member of this place that no field stands for.</summary>
    /// <param name="name">Its name, without what controls a terminal.</param>
    /// <param name="what">What is wrong, as a sentence.</param>
    internal ThriftJsonException ErrorAtMember(string name, string what)
    {
        bool isPlain = name.Length > 0 && name.AsSpan().IndexOfAnyExcept(PlainCharacters) < 0;
        return new(what, this + (isPlain ? "." + name : $"['{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}']"), ThriftStatusCode.InvalidArgument);
    }

    /// <summary>An error of the codec at this place.</summary>
    internal ThriftJsonException Error(ThriftProtocolException error) => Error(error.Message.TrimEnd('.'), error.StatusCode, error);

    public override string ToString()
    {
        var text = new StringBuilder("$");
        foreach (var frame in _frames.AsSpan(0, _depth))
        {
            _ = frame.Field is { } field
                ? text.Append('.').Append(field.JsonName)
                : text.Append('[').Append(frame.Index.ToString(CultureInfo.InvariantCulture)).Append(']');
        }

        return text.ToString();
    }

    private struct Frame
    {
        public ThriftFieldSchema? Field;
        public int Index;
    }
}
