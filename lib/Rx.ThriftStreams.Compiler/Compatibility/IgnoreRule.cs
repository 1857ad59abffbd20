using System;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>
/// A rule that does not count, with the reason: <c>TB203: never released</c>, <c>TB203, TB204: never released</c>, or, for
/// one declaration, <c>TB201 Order: renamed before the release</c>.
/// </summary>
internal sealed class IgnoreRule
{
    /// <summary>The annotation that holds one: on a field, a function, a declaration, or, for a file, on a namespace.</summary>
    public const string Annotation = Binder.BreakingIgnoreKey;

    private readonly string[] _ids;
    private readonly string? _element;

    private IgnoreRule(string[] ids, string? element, string reason)
    {
        _ids = ids;
        _element = element;
        Reason = reason;
    }

    public string Reason { get; }

    /// <summary>The rule; <see langword="null"/> if there are no ids or no reason.</summary>
    public static IgnoreRule? Parse(string text)
    {
        var colon = text.IndexOf(':');
        var reason = colon < 0 ? "" : text.Substring(colon + 1).Trim();
        if (reason.Length == 0)
        {
            return null;
        }

        var words = text.Substring(0, colon).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        var ids = words.TakeWhile(static w => BreakingRules.All.Any(r => r.Rule.Id == w)).ToArray();
        return ids.Length == 0 || words.Length > ids.Length + 1 ? null : new IgnoreRule(ids, words.Skip(ids.Length).FirstOrDefault(), reason);
    }

    public bool Covers(string id, string element) => id != BreakingRules.IgnoreWithoutReason.Rule.Id && Array.IndexOf(_ids, id) >= 0 && (_element is null || _element == element);
}
