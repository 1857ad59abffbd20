using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>A service with the names of everything that is generated for it.</summary>
internal sealed class ServiceModel
{
    public ServiceModel(ServiceSymbol symbol, Binder binder)
    {
        Symbol = symbol;
        Name = symbol.CSharpName;
        Prefix = symbol.File.Namespace.Length == 0 ? "global::" : "global::" + symbol.File.Namespace + ".";
        var fields = new NameScope(["Instance", "Messages", "Schema"]);
        Functions = binder.AllFunctionsOf(symbol).Select(f => new FunctionModel(f, this, fields.Take(f.CSharpName))).ToList();
    }

    public ServiceSymbol Symbol { get; }

    public string Name { get; }

    public string Prefix { get; }

    public string Interface => Prefix + "I" + Name;

    public string Descriptor => Prefix + Name + "Descriptor";

    public string RxInterface => Prefix + "I" + Name + "Rx";

    /// <summary>All functions, inherited ones first.</summary>
    public IReadOnlyList<FunctionModel> Functions { get; }

    public IEnumerable<FunctionModel> OwnFunctions => Functions.Where(f => f.Symbol.Service == Symbol);
}

/// <summary>A function with its C# signature.</summary>
internal sealed class FunctionModel
{
    public const string Token = "global::System.Threading.CancellationToken";
    public const string Options = "global::Rx.ThriftStreams.ThriftCallOptions?";

    /// <summary>The attribute of overloads with options: without it, the compiler takes <c>new() { … }</c> for a token.</summary>
    public const string Preferred = "[global::System.Runtime.CompilerServices.OverloadResolutionPriority(1)]";

    private const string AsyncEnumerable = "global::System.Collections.Generic.IAsyncEnumerable<";
    private const string Observable = "global::System.IObservable<";
    private const string Task = "global::System.Threading.Tasks.Task";

    public FunctionModel(FunctionSymbol symbol, ServiceModel service, string field)
    {
        Symbol = symbol;
        Field = service.Descriptor + "." + field;
        FieldName = field;
        MethodName = symbol.CSharpName + (service.Symbol.File.Options.AsyncSuffix ? "Async" : "");
        var owner = symbol.Service;
        var messages = (owner.File.Namespace.Length == 0 ? "global::" : "global::" + owner.File.Namespace + ".") + owner.CSharpName + "Descriptor.Messages.";
        ArgsName = symbol.CSharpName.TrimStart('@') + "Args";
        ResultName = symbol.CSharpName.TrimStart('@') + "Result";
        ArgsType = messages + ArgsName;
        ResultType = messages + ResultName;
        MemberNames.AssignWrapper(symbol.Arguments, ArgsName);
        Arguments = MemberField.Of(symbol.Arguments);
        ResultFields = MakeResult(symbol, ResultName);

        var scope = new NameScope(["cancellationToken", "options", "requests"]);
        var names = MemberNames.InOrderOfIds(symbol.Arguments).ToDictionary(static a => a, a => scope.Take(Naming.Camel(a.Name).TrimStart('@')));
        Parameters = symbol.Arguments.Select(a => new Parameter(names[a], a)).ToList();
    }

    public FunctionSymbol Symbol { get; }

    /// <summary>The field that holds the <c>ThriftMethod</c>, qualified.</summary>
    public string Field { get; }

    public string FieldName { get; }

    public string MethodName { get; }

    public string ArgsName { get; }

    public string ResultName { get; }

    public string ArgsType { get; }

    public string ResultType { get; }

    public IReadOnlyList<MemberField> Arguments { get; }

    /// <summary>The fields of the result: <c>success</c>, unless the function is void, and the exceptions.</summary>
    public List<FieldSymbol> ResultFields { get; }

    public IReadOnlyList<Parameter> Parameters { get; }

    public bool TakesStream => Symbol.Mode is StreamingMode.Client or StreamingMode.Bidirectional;

    public bool ReturnsStream => Symbol.Mode is StreamingMode.Server or StreamingMode.Bidirectional;

    /// <summary>The type of a request message.</summary>
    public string RequestType => Symbol.IsStreaming ? CSharp.Type(Symbol.Arguments[0].Type) : ArgsType;

    public string ResponseType => Symbol.IsStreaming ? Return : ResultType;

    /// <summary>The type of the result; empty for <c>void</c>.</summary>
    public string Return => Symbol.ReturnType is null ? "" : CSharp.Type(Symbol.ReturnType);

    public string ReturnType => ReturnsStream ? AsyncEnumerable + Return + ">" : Return.Length == 0 ? Task : Task + "<" + Return + ">";

    public string RxReturnType => Observable + (Return.Length == 0 ? "global::System.Reactive.Unit" : Return) + ">";

    /// <summary>The parameters, without a comma after the last.</summary>
    public string ParameterList => TakesStream ? AsyncEnumerable + RequestType + "> requests" : string.Join(", ", Parameters.Select(static p => p.Type + " " + p.Name));

    public string RxParameterList => TakesStream ? Observable + RequestType + "> requests" : ParameterList;

    /// <summary>The parameters, with a comma after the last.</summary>
    public string Leading => ParameterList.Length == 0 ? "" : ParameterList + ", ";

    /// <summary>The names of the parameters, with a comma after the last.</summary>
    public string LeadingNames => TakesStream ? "requests, " : string.Concat(Parameters.Select(static p => p.Name + ", "));

    public string OptionsSignature => $"{ReturnType} {MethodName}({Leading}{Options} options, {Token} cancellationToken = default)";

    public string Signature => $"{ReturnType} {MethodName}({Leading}{Token} cancellationToken = default)";

    private static List<FieldSymbol> MakeResult(FunctionSymbol symbol, string name)
    {
        var fields = new List<FieldSymbol>();
        if (symbol.ReturnType is not null)
        {
            var syntax = new FieldSyntax(new NameSyntax("success", default), null, null, Requiredness.Optional, default, symbol.Syntax.ReturnType!, null, []);
            fields.Add(new FieldSymbol(syntax, 0, symbol.ReturnType, Requiredness.Optional));
        }

        fields.AddRange(symbol.Throws.Where(t => t.Id != 0 || symbol.ReturnType is null));
        MemberNames.AssignWrapper(fields, name);
        return fields;
    }
}

/// <summary>A parameter of a method.</summary>
internal sealed class Parameter(string name, FieldSymbol field)
{
    public string Name { get; } = name;

    public string DocName => Name.TrimStart('@');

    public FieldSymbol Field { get; } = field;

    public string Type => CSharp.Type(Field.Type);
}
