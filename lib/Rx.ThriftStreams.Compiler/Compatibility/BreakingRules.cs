using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>A rule of <c>breaking</c> with its level.</summary>
internal sealed record BreakingRule(Rule Rule, CompatibilityLevel Level);

/// <summary>Every rule of <c>breaking</c>. Ids are stable. <c>docs/diagnostics.md</c> lists the same; a test compares the two.</summary>
internal static class BreakingRules
{
    private static readonly List<BreakingRule> AllRules = [];

    /// <summary>An annotation without a reason; reported at every level, and cannot be ignored itself.</summary>
    public static readonly BreakingRule IgnoreWithoutReason = Wire("TB001", "Ignore annotation without a reason", "breaking.ignore needs ids and a reason, as in \"TB203: never released\", but is \"{0}\".");

    // Wire: fields
    public static readonly BreakingRule FieldType = Wire("TB101", "Type changed on the wire", "{0} changed its type from {1} to {2}: peers skip values of the type that they do not expect.");
    public static readonly BreakingRule FieldId = Wire("TB102", "Field id changed", "{0} changed its id from {1} to {2}: on the wire it is another field.");
    public static readonly BreakingRule RequiredAdded = Wire("TB103", "Required field added", "{0} is new and required: messages of old peers are refused.");
    public static readonly BreakingRule RequiredRemoved = Wire("TB104", "Required field removed", "{0} was required and is gone: old peers refuse messages without it.");
    public static readonly BreakingRule BecameRequired = Wire("TB105", "Field became required", "{0} became required: messages of old peers that leave it out are refused.");
    public static readonly BreakingRule NoLongerRequired = Wire("TB106", "Field no longer required", "{0} is no longer required: old peers refuse messages that leave it out.");
    public static readonly BreakingRule DefaultChanged = Wire("TB107", "Default of an optional field changed", "{0} changed its default: an optional field is not sent while it has its default, so that peers read each other's values wrongly.");
    public static readonly BreakingRule UnionCaseRemoved = Wire("TB108", "Union case removed", "{0} is gone: old peers may still send this case.");
    public static readonly BreakingRule EnumNumber = Wire("TB109", "Enum number changed", "{0} changed its number from {1} to {2}: peers read it as another value.");

    // Wire: services
    public static readonly BreakingRule ServiceRemoved = Wire("TB120", "Service removed", "The service {0} is gone: calls of old clients fail.");
    public static readonly BreakingRule ServicePackage = Wire("TB121", "Package of a service changed", "The package of the service {0} changed from \"{1}\" to \"{2}\": gRPC calls of old clients do not find it.");
    public static readonly BreakingRule FunctionRemoved = Wire("TB122", "Function removed", "{0} is gone: calls of old clients fail.");
    public static readonly BreakingRule FunctionMode = Wire("TB123", "Streaming mode changed", "{0} changed from {1} to {2}.");
    public static readonly BreakingRule FunctionOneway = Wire("TB124", "Oneway changed", "{0} {1} oneway: one side waits for an answer that the other does not send.");
    public static readonly BreakingRule FunctionReturn = Wire("TB125", "Return type changed on the wire", "{0} changed its return type from {1} to {2}.");
    public static readonly BreakingRule VoidThrows = Wire("TB126", "Exceptions of a void function changed", "{0} returns nothing, and {1} is declared on one side only: a peer that does not know the exception takes it for success.");

    // Source
    public static readonly BreakingRule TypeRemoved = Source("TB201", "Type removed", "The type {0} is gone.");
    public static readonly BreakingRule TypeRenamed = Source("TB202", "C# name of a type changed", "{0} changed its C# name from {1} to {2}.");
    public static readonly BreakingRule FieldRemoved = Source("TB203", "Field removed", "{0}, id {1}, is gone. Do not give the id to another field.");
    public static readonly BreakingRule FieldRenamed = Source("TB204", "Field renamed", "{0} has another name: the C# property changes from {1} to {2}.");
    public static readonly BreakingRule PropertyType = Source("TB205", "C# type of a field changed", "{0} changed its C# type from {1} to {2}.");
    public static readonly BreakingRule RequiredMember = Source("TB206", "Property became required", "{0} must now be set wherever the object is created.");
    public static readonly BreakingRule UnionCaseAdded = Source("TB207", "Union case added", "{0} is new: calls of Match and Switch do not handle it.");
    public static readonly BreakingRule EnumValueRemoved = Source("TB208", "Enum value removed or renamed", "{0} is gone.");
    public static readonly BreakingRule TypeKind = Source("TB209", "Kind of a type changed", "{0} changed from {1} to {2}.");
    public static readonly BreakingRule ConstantRemoved = Source("TB210", "Constant removed", "The constant {0} is gone.");
    public static readonly BreakingRule ConstantChanged = Source("TB211", "Constant changed", "The constant {0} changed from {1} to {2}: it is compiled into code that uses it.");
    public static readonly BreakingRule Signature = Source("TB212", "C# signature changed", "{0} changed its C# signature from \"{1}\" to \"{2}\".");

    // File
    public static readonly BreakingRule FileRemoved = File("TB301", "File removed", "The file {0} is gone.");
    public static readonly BreakingRule Moved = File("TB302", "Declaration moved to another file", "{0} moved from {1} to {2}.");
    public static readonly BreakingRule TypedefRemoved = File("TB303", "Typedef removed", "The typedef {0} is gone.");
    public static readonly BreakingRule Namespace = File("TB304", "Namespace changed", "The namespace for {0} changed from \"{1}\" to \"{2}\".");

    public static IReadOnlyList<BreakingRule> All => AllRules;

    private static BreakingRule Wire(string id, string title, string format) => Create(id, CompatibilityLevel.Wire, title, format);

    private static BreakingRule Source(string id, string title, string format) => Create(id, CompatibilityLevel.Source, title, format);

    private static BreakingRule File(string id, string title, string format) => Create(id, CompatibilityLevel.File, title, format);

    private static BreakingRule Create(string id, CompatibilityLevel level, string title, string format)
    {
        var rule = new BreakingRule(new Rule(id, IdlSeverity.Error, title, format), level);
        AllRules.Add(rule);
        return rule;
    }
}
