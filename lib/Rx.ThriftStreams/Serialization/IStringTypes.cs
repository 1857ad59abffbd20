namespace Rx.ThriftStreams.Serialization;

/// <summary>Which strings in a value are binaries. Only JSON writes the two differently, so only copies from or to JSON ask.</summary>
internal interface IStringTypes
{
    /// <summary>Whether the value itself is a binary.</summary>
    bool IsBinary { get; }

    /// <summary>The keys of a map.</summary>
    IStringTypes? Key { get; }

    /// <summary>The elements of a list or set, or the values of a map.</summary>
    IStringTypes? Element { get; }

    /// <summary>A field of a struct.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="guess">Where it is likely to be found: 0 for the first field, then what the last search has left.</param>
    IStringTypes? Field(short id, ref int guess);
}
