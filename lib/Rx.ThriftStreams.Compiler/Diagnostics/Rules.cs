using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Diagnostics;

/// <summary>Every diagnostic of the compiler. <c>docs/diagnostics.md</c> lists the same; a test compares the two.</summary>
internal static class Rules
{
    private static readonly List<Rule> AllRules = [];

    // Characters and grammar
    public static readonly Rule UnexpectedCharacter = Error("TS0001", "Unexpected character", "Unexpected token in input: \"{0}\".");
    public static readonly Rule SyntaxError = Error("TS0002", "Syntax error", "Expected {0} but found {1}.{2}");
    public static readonly Rule UnterminatedComment = Error("TS0003", "Unterminated comment", "The comment that starts here is not closed: \"*/\" is missing.");
    public static readonly Rule UnterminatedLiteral = Error("TS0004", "Unterminated literal", "End of line while reading the string that starts here: its closing quote is missing.");
    public static readonly Rule IntegerTooBig = Error("TS0005", "Integer too big", "This integer is too big: \"{0}\".");
    public static readonly Rule BadEscape = Warning("TS0006", "Bad escape character", "Bad escape character \"{0}\" in a string: the two characters are kept as they are.");
    public static readonly Rule HeaderAfterDefinition = Error("TS0007", "Header after definition", "\"{0}\" must precede the first definition.");
    public static readonly Rule ObsoleteConstruct = Warning("TS0008", "Obsolete construct", "\"{0}\" is obsolete and {1}.");
    public static readonly Rule NestedTooDeep = Error("TS0009", "Nested too deep", "Types, constants and what they refer to may be nested {0} deep at most.");
    public static readonly Rule TypeTooLarge = Error("TS0010", "Type too large", "The type, with the typedefs that it names, is made of more than {0} types.");

    public static readonly Rule NotUtf8 = Warning("TS0011", "Not UTF-8", "The file is not UTF-8, and its text here is not certain. Save the file as UTF-8.");
    public static readonly Rule TooManyFindings = Warning("TS0012", "Too many findings", "The file has more than {0} errors or warnings; further ones are not reported.");
    public static readonly Rule FbthriftIgnored = Warning("TS0013", "fbthrift dialect", "\"{0}\" belongs to the dialect of fbthrift and is ignored, as are other annotations of this kind in the file.");
    public static readonly Rule FbthriftUnsupported = Error("TS0014", "fbthrift construct", "\"{0}\" belongs to the dialect of fbthrift. {1}");

    // Includes and names
    public static readonly Rule IncludeNotFound = Error("TS0020", "Include not found", "Include \"{0}\" is not among the files of this compilation. {1}");
    public static readonly Rule IncludeCycle = Error("TS0021", "Include cycle", "Include cycle: {0}.");
    public static readonly Rule DuplicateInclude = Error("TS0022", "Ambiguous include", "\"{0}\" is declared in two included files of one name, {1} and {2}.");
    public static readonly Rule DuplicateName = Error("TS0023", "Duplicated name", "\"{0}\" is declared twice in this file.");
    public static readonly Rule MultipleDefinition = Error("TS0024", "Multiple definition", "\"{0}\" is declared twice in this file, once as an enum.");
    public static readonly Rule UndefinedType = Error("TS0025", "Undefined type", "undefined type: \"{0}\".{1}");
    public static readonly Rule InvalidTypeName = Error("TS0026", "Invalid type name", "invalid type name \"{0}\".");
    public static readonly Rule TypedefLoop = Error("TS0027", "Typedef loop", "The typedef \"{0}\" refers to itself.");
    public static readonly Rule GeneratedNameClash = Error("TS0028", "C# name used twice", "The C# type \"{0}\" is already generated from {1}. Give the files different C# namespaces.");
    public static readonly Rule InvalidOption = Error("TS0029", "Invalid option", "The value \"{0}\" of {1} is not known. Use {2}.");

    // Enums, structs, unions, exceptions
    public static readonly Rule EnumDuplicateName = Error("TS0030", "Enum value named twice", "The enum {0} has two values with the name \"{1}\".");
    public static readonly Rule EnumDuplicateNumber = Error("TS0031", "Enum number used twice", "The enum {0} has the number {1} twice: \"{2}\" and \"{3}\".");
    public static readonly Rule EnumOverflow = Error("TS0032", "Enum overflow", "The number {0} of the enum value {1}.{2} does not fit 32 bits.");
    public static readonly Rule DuplicateFieldId = Error("TS0033", "Field id used twice", "The field id {0} appears twice in the {1} \"{2}\".");
    public static readonly Rule DuplicateFieldName = Error("TS0034", "Field named twice", "The field name \"{0}\" appears twice in the {1} \"{2}\".");
    public static readonly Rule UnionTwoDefaults = Error("TS0035", "Union with two defaults", "Field \"{0}\" is the second one of the union \"{1}\" with a default value: a union has one value.");
    public static readonly Rule NonPositiveId = Warning("TS0036", "Non-positive field id", "non-positive ID {0} of field \"{1}\" in {2} \"{3}\".");
    public static readonly Rule ImplicitId = Warning("TS0037", "Implicit field id", "Field \"{0}\" has no id and gets {1}; {2} would give it {3}, which does not interoperate. Write the id.");
    public static readonly Rule IdOutOfRange = Error("TS0038", "Field id out of range", "The id {0} of field \"{1}\" does not fit the 16 bits that it has on the wire.");
    public static readonly Rule NonDecimalId = Warning("TS0039", "Field id not decimal", "The id {0} of field \"{1}\" is not decimal: thriftgo reads it as 0, Apache Thrift as {2}. Here it is {3}. Write it in decimal.");
    public static readonly Rule UnionMemberRequired = Warning("TS0040", "Requiredness in a union", "union {0} field {1}: union members must be optional, ignoring specified requiredness.");
    public static readonly Rule EndlessDefault = Error("TS0041", "Endless default", "The default of field \"{0}\" creates a \"{1}\", whose defaults create a \"{1}\" again, without end.");

    public static readonly Rule NamesBecomeOne = Warning("TS0042", "Names become one in C#", "\"{0}\" and \"{1}\" are both {2} in C#: \"{0}\" is generated as {3}. Rename one of them.");

    // Constants
    public static readonly Rule ConstFieldMissing = Warning("TS0043", "Required field missing in a constant", "The constant does not set the required field \"{0}\" of {1}, which gets the zero value of its type.");
    public static readonly Rule ConstTooLarge = Error("TS0044", "Constants too large", "The constants of this file, with the constants that they name, come to more than {0} values.");
    public static readonly Rule UndefinedValue = Error("TS0045", "Undefined value", "undefined value: \"{0}\".{1}");
    public static readonly Rule AmbiguousValue = Error("TS0046", "Ambiguous value", "The value \"{0}\" is ambiguous: {1} constants match.");
    public static readonly Rule ConstTypeMismatch = Error("TS0047", "Constant of another type", "{0} is not a value of type {1}.{2}");
    public static readonly Rule ConstOutOfRange = Error("TS0048", "Constant out of range", "The value {0} does not fit type {1}.");
    public static readonly Rule ConstCycle = Error("TS0049", "Constant cycle", "The constant \"{0}\" is defined by itself.");

    // Services
    public static readonly Rule DuplicateFunction = Error("TS0050", "Function named twice", "The service \"{0}\" has two functions with the name \"{1}\".");
    public static readonly Rule OnewayNotVoid = Error("TS0051", "Oneway function returns a value", "{0}.{1} is oneway: it must return void.");
    public static readonly Rule OnewayThrows = Error("TS0052", "Oneway function throws", "{0}.{1} is oneway: it cannot throw exceptions.");
    public static readonly Rule BaseServiceNotFound = Error("TS0053", "Base service not found", "base service \"{0}\" not found for \"{1}\".{2}");
    public static readonly Rule ServiceCycle = Error("TS0054", "Service inheritance cycle", "Service inheritance cycle: {0}.");
    public static readonly Rule FunctionHidesBase = Error("TS0055", "Function of the base service", "Function \"{0}\" of service \"{1}\" is already defined by its base service \"{2}\".");
    public static readonly Rule ThrowsNonException = Error("TS0056", "Throws a non-exception", "Throws clause may not contain non-exception types: \"{0}\" in {1}.{2}.");
    public static readonly Rule OptionalArgument = Warning("TS0057", "Optional argument", "optional keyword is ignored in argument lists.");
    public static readonly Rule SkippedByKitex = Warning("TS0058", "Function skipped by Kitex", "Kitex skips functions whose name begins with \"_\": a Kitex peer does not have {0}.{1}.");

    // streaming.mode
    public static readonly Rule StreamingModeRepeated = Error("TS0060", "streaming.mode given twice", "service {0}: {1} has multiple values for annotation streaming.mode (at most 1 allowed).");
    public static readonly Rule StreamingModeInvalid = Error("TS0061", "Unknown streaming.mode", "service {0}: invalid value ({1}) for annotation streaming.mode, which can be bidirectional, client, server or unary.{2}");
    public static readonly Rule StreamingArgumentCount = Error("TS0062", "Streaming function without exactly one argument", "service {0}: streaming function {1} should have exactly 1 argument.");
    public static readonly Rule StreamingResponseCount = Error("TS0063", "Streaming function without a response", "service {0}: streaming function {1} should have exactly 1 response.");
    public static readonly Rule StreamingOneway = Error("TS0064", "Oneway streaming function", "service {0}: streaming function {1} cannot be oneway.");
    public static readonly Rule StreamingThrows = Warning("TS0065", "Streaming function throws", "service {0}: the exceptions of streaming function {1} are not sent as such; the caller sees an ordinary error status. Throw ThriftBizStatusException to send a code, a text and values.");
    public static readonly Rule StreamingArgumentType = Error("TS0066", "Streaming argument is not a struct", "service {0}: the argument of streaming function {1} must be a struct, not {2}.");
    public static readonly Rule StreamingResponseType = Error("TS0067", "Streaming response is not a struct", "service {0}: the response of streaming function {1} must be a struct, not {2}.");
    public static readonly Rule StreamingModeMisplaced = Warning("TS0068", "streaming.mode in the wrong place", "streaming.mode is ignored here: it is an annotation of functions.");
    public static readonly Rule StreamingModeMisspelt = Warning("TS0069", "streaming.mode misspelled", "service {0}: annotation {1} of function {2} is unknown and ignored.{3}");

    // csharp.type
    public static readonly Rule CSharpTypeUnknown = Error("TS0070", "Unknown csharp.type", "invalid value ({0}) for annotation csharp.type. Use \"utf8\" for a string, \"pooled\" for a binary, or remove the annotation.{1}");
    public static readonly Rule CSharpTypeOnOther = Error("TS0071", "csharp.type on another type", "csharp.type=\"{0}\" applies to {1}, not to {2}.{3}");
    public static readonly Rule CSharpTypeMisplaced = Warning("TS0072", "csharp.type in the wrong place", "csharp.type is ignored here: it is an annotation of types, fields, arguments, typedefs and constants. Write it after the type.");
    public static readonly Rule PooledKey = Error("TS0073", "Pooled key", "a key of a map or an element of a set cannot be pooled, because it would change when its memory is returned. Remove csharp.type=\"pooled\" from it.");

    // Other annotations
    public static readonly Rule AnnotationMisspelt = Warning("TS0074", "Annotation misspelled", "annotation {0} is unknown and ignored.{1}");
    public static readonly Rule IdempotentInvalid = Warning("TS0075", "Unknown value of idempotent", "{0}, which can be true or false: the function is not idempotent.{1}");

    public static IReadOnlyList<Rule> All => AllRules;

    private static Rule Error(string id, string title, string format) => Create(id, IdlSeverity.Error, title, format);

    private static Rule Warning(string id, string title, string format) => Create(id, IdlSeverity.Warning, title, format);

    private static Rule Create(string id, IdlSeverity severity, string title, string format)
    {
        var rule = new Rule(id, severity, title, format);
        AllRules.Add(rule);
        return rule;
    }
}
