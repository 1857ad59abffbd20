using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.HttpJson.OpenApi;

/// <summary>
/// Compares types by what a document shows of them. Services of one file have schemas of their own, so that a struct that both use is two objects.
/// </summary>
internal static class SameStructs
{
    /// <summary>Whether two types look the same, with all types that they refer to.</summary>
    internal static bool AreSame(ThriftStructSchema left, ThriftStructSchema right) => AreSame(left, right, []);

    /// <param name="left">A type.</param>
    /// <param name="right">Another.</param>
    /// <param name="assumed">Pairs that are being compared: a type may refer to itself.</param>
    private static bool AreSame(ThriftStructSchema left, ThriftStructSchema right, HashSet<(ThriftStructSchema, ThriftStructSchema)> assumed)
    {
        if (ReferenceEquals(left, right) || !assumed.Add((left, right)))
        {
            return true;
        }

        if (left.Name != right.Name || left.Kind != right.Kind || left.Documentation != right.Documentation || left.Fields.Count != right.Fields.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Fields.Count; i++)
        {
            var (one, other) = (left.Fields[i], right.Fields[i]);
            if (one.JsonName != other.JsonName || one.Requiredness != other.Requiredness || one.Documentation != other.Documentation || !AreSame(one.Type, other.Type, assumed))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreSame(ThriftTypeSchema? left, ThriftTypeSchema? right, HashSet<(ThriftStructSchema, ThriftStructSchema)> assumed)
    {
        if (!BothAre(left, right))
        {
            return left is null && right is null;
        }

        return left.WireType == right.WireType
            && left.IsBinary == right.IsBinary
            && (left.Enum is null) == (right.Enum is null)
            && (left.Enum is null || left.Enum.Values.SequenceEqual(right.Enum!.Values))
            && AreSame(left.Key, right.Key, assumed)
            && AreSame(left.Element, right.Element, assumed)
            && (left.Struct is null) == (right.Struct is null)
            && (left.Struct is null || AreSame(left.Struct, right.Struct!, assumed));
    }

    private static bool BothAre([NotNullWhen(true)] ThriftTypeSchema? left, [NotNullWhen(true)] ThriftTypeSchema? right) => left is not null && right is not null;
}
