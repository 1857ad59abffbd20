using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>What strict options refuse. Explaining an error takes bounded work, whatever names a peer sends.</summary>
internal ref partial struct JsonToThrift
{
    private const int LongestComparedName = 128;
    private const int LongestShownName = 64;
    private const int MostComparedNames = 32;
    private const int HintBudget = 100_000;

    private readonly bool IsMissing(ThriftFieldSchema field) => _options.RespectRequiredFields && field.MustBeSet;

    /// <summary>Refuses what stands for a struct without members, if the struct has fields that must be set.</summary>
    /// <param name="type">The struct.</param>
    /// <param name="present">A field that is set nevertheless.</param>
    private readonly void RefuseMissing(ThriftStructSchema type, ThriftFieldSchema? present = null)
    {
        if (!_options.RespectRequiredFields)
        {
            return;
        }

        foreach (var field in type.WrittenWhenAbsent)
        {
            if (field != present && field.MustBeSet)
            {
                throw Missing(field);
            }
        }
    }

    /// <summary>Refuses <c>null</c> for the only argument, or the first one. The value of a result is optional: null is void.</summary>
    private readonly void RefuseMissingArgument(ThriftFieldSchema argument)
    {
        if (IsMissing(argument))
        {
            throw Missing(argument);
        }

        if (argument.Requiredness != ThriftRequiredness.Optional && argument.Type.Struct is { } type)
        {
            RefuseMissing(type);
        }
    }

    private readonly ThriftJsonException Missing(ThriftFieldSchema field, string? unknown = null)
    {
        Path.Push(field);
        return Invalid($"The required field {field.JsonName} is missing or null{(unknown is null ? "" : $", and the object has an unknown member \"{MessageText.Clean(unknown)}\"")}");
    }

    private readonly ThriftJsonException Unknown(ThriftStructSchema type, ReadOnlySpan<byte> utf8Name)
    {
        string name = Encoding.UTF8.GetString(utf8Name[..Math.Min(utf8Name.Length, LongestComparedName)]);
        string hint = "";
        if (utf8Name.Length <= LongestComparedName)
        {
            int budget = HintBudget;
            hint = type.Fields.FirstOrDefault(field => field.Name == name) is { } renamed
                ? $" Did you mean \"{renamed.JsonName}\"?"
                : Hints.DidYouMean(name, type.Fields.Select(static field => field.JsonName), ref budget);
        }

        string shown = MessageText.Clean(name.Length <= LongestShownName ? name : name[..LongestShownName] + "…");
        string kind = type.Kind == ThriftStructKind.Arguments ? "argument" : "field";
        return Path.ErrorAtMember(shown, $"{type.Name} has no {kind} \"{shown}\".{hint}");
    }

    /// <summary>The member that a missing field was probably meant by: the nearest name among those that the struct does not have.</summary>
    private readonly string? NearestUnknown(ThriftStructSchema type, ThriftFieldSchema field, int objectStart)
    {
        var unknown = new List<string>();
        var json = new Utf8JsonReader(_source[objectStart..], new JsonReaderOptions { MaxDepth = _options.MaxDepth });
        _ = json.Read();
        while (unknown.Count < MostComparedNames && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueSpan.Length <= LongestComparedName)
            {
                // GetString refuses what is not UTF-8.
                string name = json.ValueIsEscaped ? json.GetString()! : Encoding.UTF8.GetString(json.ValueSpan);
                if (type.Find(Encoding.UTF8.GetBytes(name), guess: 0) is null)
                {
                    unknown.Add(name);
                }
            }

            json.Skip();
        }

        int budget = HintBudget;
        return unknown.Find(name => name == field.Name) ?? Hints.Nearest(field.JsonName, unknown, ref budget);
    }
}
