using System;
using System.Collections.Generic;
using System.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Converts IDL names to C# identifiers.</summary>
internal static class Naming
{
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default",
        "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if",
        "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override",
        "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string",
        "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void",
        "volatile", "while", "await", "async", "field", "value", "record", "required", "file", "scoped", "var", "dynamic", "yield", "where", "partial", "extension",
    ];

    /// <summary>The identifier, with <c>@</c> if it is a C# keyword.</summary>
    public static string Escape(string identifier) => Keywords.Contains(identifier) ? "@" + identifier : identifier;

    /// <summary><c>f_list_i64</c> → <c>FListI64</c>, <c>userID</c> → <c>UserID</c>, <c>HTTP_STATUS</c> → <c>HttpStatus</c>.</summary>
    /// <param name="name">The IDL name.</param>
    /// <param name="shout">Whether a single word in capitals is converted as well: <c>RED</c> → <c>Red</c>; otherwise it is an acronym.</param>
    public static string Pascal(string name, bool shout = false)
    {
        var lower = IsUpper(name) && (shout || name.IndexOf('_') >= 0);
        var builder = new StringBuilder(name.Length);
        var start = true;
        foreach (var c in name)
        {
            if (c is '_' or '.')
            {
                start = true;
                continue;
            }

            builder.Append(start ? char.ToUpperInvariant(c) : lower ? char.ToLowerInvariant(c) : c);
            start = false;
        }

        if (builder.Length == 0 || builder[0] is >= '0' and <= '9')
        {
            builder.Insert(0, '_');
        }

        return builder.ToString();
    }

    /// <summary><c>user_id</c> → <c>userId</c>; escaped.</summary>
    public static string Camel(string name)
    {
        var pascal = Pascal(name);
        var upper = 0;
        while (upper < pascal.Length && pascal[upper] is >= 'A' and <= 'Z')
        {
            upper++;
        }

        // "URL" → "url", "HTTPServer" → "httpServer", "User" → "user".
        var lowered = upper <= 1 ? upper : upper == pascal.Length ? upper : upper - 1;
        return Escape(pascal.Substring(0, lowered).ToLowerInvariant() + pascal.Substring(lowered));
    }

    /// <summary>A dotted name with every part escaped and invalid characters replaced.</summary>
    public static string Namespace(string name, bool pascal)
    {
        var parts = name.Split(['.'], StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Escape(Identifier(pascal ? Pascal(parts[i]) : parts[i]));
        }

        return string.Join(".", parts);
    }

    /// <summary>The text with the characters replaced that an identifier cannot contain.</summary>
    public static string Identifier(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            builder.Append(char.IsLetterOrDigit(c) || c == '_' ? c : '_');
        }

        if (builder.Length == 0 || char.IsDigit(builder[0]))
        {
            builder.Insert(0, '_');
        }

        return builder.ToString();
    }

    private static bool IsUpper(string name)
    {
        var letters = false;
        foreach (var c in name)
        {
            if (c is >= 'a' and <= 'z')
            {
                return false;
            }

            letters |= c is >= 'A' and <= 'Z';
        }

        return letters;
    }
}
