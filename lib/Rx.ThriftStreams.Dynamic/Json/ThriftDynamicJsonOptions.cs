using System;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>How values are converted between Thrift and JSON. The defaults are Kitex's rules, without its silent conversions. Immutable and thread-safe.</summary>
public sealed record ThriftDynamicJsonOptions
{
    private readonly int _maxDepth = 64;
    private readonly int _maxSize = 64 * 1024 * 1024;

    /// <summary>The default options.</summary>
    public static ThriftDynamicJsonOptions Default { get; } = new();

    /// <summary>Whether <c>binary</c> is Base64 text with padding. Default <see langword="true"/>; otherwise it is the text whose UTF-8 bytes it holds.</summary>
    public bool BinaryAsBase64 { get; init; } = true;

    /// <summary>Whether <c>i64</c> is printed as text, for readers whose numbers are doubles. Default <see langword="false"/>. Text is accepted in any case.</summary>
    public bool Int64AsText { get; init; }

    /// <summary>Whether fields that did not arrive are printed with the default of the IDL, if they have one. Default <see langword="true"/>.</summary>
    public bool PrintDefaults { get; init; } = true;

    /// <summary>
    /// Whether values of the wrong kind are converted as Kitex does it: numbers are cut to their width, text that is not a number becomes 0. Default
    /// <see langword="false"/>: they are errors.
    /// </summary>
    public bool Lenient { get; init; }

    /// <summary>
    /// Whether an object that lacks a <c>required</c> field without a default is an error when JSON is read. Default <see langword="false"/>: the field is written as zero, as Kitex does it.
    /// <c>null</c> is the same as an absent member.
    /// </summary>
    public bool RespectRequiredFields { get; init; }

    /// <summary>
    /// Whether a member that its struct does not have is an error when JSON is read. Default <see langword="false"/>: it is ignored, as in Kitex.
    /// </summary>
    public bool RefuseUnknownMembers { get; init; }

    /// <summary>How deep objects and arrays may be nested. Default 64.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 or more than 1000.</exception>
    public int MaxDepth
    {
        get => _maxDepth;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1000);
            _maxDepth = value;
        }
    }

    /// <summary>The most bytes of a JSON text that is read or printed, and of the message that it becomes. Default 64 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int MaxSize
    {
        get => _maxSize;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maxSize = value;
        }
    }
}
