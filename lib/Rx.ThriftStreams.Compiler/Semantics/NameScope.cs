using System;
using System.Collections.Generic;
using System.Globalization;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Assigns unique identifiers within one scope: <c>Name</c>, then <c>Name_</c>, <c>Name_2</c>, <c>Name_3</c> …</summary>
internal sealed class NameScope
{
    // The IDL name of each identifier; null for identifiers that C# or the type itself uses.
    private readonly Dictionary<string, string?> _owners = new(StringComparer.Ordinal);

    // The number of identifiers derived from one. Without it, n names that become one would take n² steps.
    private readonly Dictionary<string, int> _derived = new(StringComparer.Ordinal);

    private readonly NameScope? _parent;

    /// <summary>Creates a scope.</summary>
    /// <param name="reserved">Identifiers that are not assigned.</param>
    /// <param name="parent">A scope whose identifiers are taken here as well.</param>
    public NameScope(IEnumerable<string> reserved, NameScope? parent = null)
    {
        _parent = parent;
        foreach (var name in reserved)
        {
            Reserve(name);
        }
    }

    public void Reserve(string name) => _owners[name] = null;

    /// <summary>The identifier that is nearest to the one wanted, escaped where C# has a keyword of that name.</summary>
    /// <param name="wanted">The identifier wanted.</param>
    /// <param name="owner">The IDL name.</param>
    /// <param name="rival">The IDL name that has the identifier wanted already, if any.</param>
    /// <param name="family">All identifiers that come with one; each has to be free. The identifier alone if left out.</param>
    public string Take(string wanted, string owner, out string? rival, Func<string, string[]>? family = null)
    {
        family ??= static name => [name];
        rival = null;
        var name = wanted;
        while (IsTaken(family(name), out var taken))
        {
            rival ??= taken;
            _derived.TryGetValue(wanted, out var count);
            _derived[wanted] = ++count;
            name = count == 1 ? wanted + "_" : wanted + "_" + count.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var member in family(name))
        {
            _owners.Add(member, owner);
        }

        return Naming.Escape(name);
    }

    /// <summary>The same without reporting collisions.</summary>
    public string Take(string wanted) => Take(wanted, wanted, out _);

    private bool IsTaken(string[] names, out string? owner)
    {
        for (var scope = this; scope is not null; scope = scope._parent)
        {
            foreach (var name in names)
            {
                if (scope._owners.TryGetValue(name, out owner))
                {
                    return true;
                }
            }
        }

        owner = null;
        return false;
    }
}
