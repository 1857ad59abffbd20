using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>What a value of Apache's JSON protocol is in.</summary>
internal enum JsonLevelKind : byte
{
    /// <summary>In nothing: it is the whole message.</summary>
    Root,

    /// <summary>A struct: <c>{field,field}</c>. Fields come next, not values.</summary>
    Struct,

    /// <summary>A field: <c>"id":{"type":value}</c>.</summary>
    Field,

    /// <summary>A list or set: <c>["type",count,value,value]</c>.</summary>
    Elements,

    /// <summary>A map: <c>["type","type",count,{key:value,key:value}]</c>.</summary>
    Pairs,
}

/// <summary>A struct, field or container that is open.</summary>
internal struct JsonLevel
{
    public JsonLevelKind Kind;

    /// <summary>Whether nothing has come in it.</summary>
    public bool IsFirst;

    /// <summary>How many values are still to come in a container; a pair counts as two.</summary>
    public int Remaining;

    /// <summary>Whether the next value is a key, which is always between quotation marks.</summary>
    public readonly bool IsKey => Kind == JsonLevelKind.Pairs && (Remaining & 1) == 0;
}

/// <summary>The structs, fields and containers around a place in JSON. Fields and elements have no end of their own in the calls of generated code, so they are counted.</summary>
internal struct JsonLevels
{
    private const int InlineCount = 32;

    private InlineLevels _inline;
    private JsonLevel[]? _overflow;
    private int _count;

    /// <summary>The innermost; <see cref="JsonLevelKind.Root"/> if none is open.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ref JsonLevel Top => ref At(_count);

    public void Push(JsonLevelKind kind, int remaining = 0)
    {
        _count++;
        if (_count >= InlineCount && _count - InlineCount >= (_overflow?.Length ?? 0))
        {
            Array.Resize(ref _overflow, Math.Max(InlineCount, 2 * _count));
        }

        At(_count) = new JsonLevel { Kind = kind, IsFirst = true, Remaining = remaining };
    }

    public void Pop() => _count--;

    // The level at 0 stays as it is: the root.
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    private ref JsonLevel At(int index)
    {
        if (index < InlineCount)
        {
            return ref _inline[index];
        }

        return ref _overflow![index - InlineCount];
    }

    [InlineArray(InlineCount)]
    private struct InlineLevels
    {
        private JsonLevel _first;
    }
}
