using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;
using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary><c>thriftstreams list</c> and <c>describe</c>, and the names that they and <c>call</c> take.</summary>
internal static class SchemaSymbols
{
    /// <summary>A line for each method of one service, or of all; a table in a terminal.</summary>
    public static int List(ThriftSchema schema, string? service, TextWriter output)
    {
        var methods = (service is null ? schema.Services : [schema.GetService(service)]).SelectMany(static found => found.Methods);
        var console = ToolConsole.Of(output);
        if (!console.IsTerminal)
        {
            foreach (var method in methods)
            {
                output.WriteLine($"{method}\t{Signature(method)}");
            }

            return ExitCodes.Success;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("method", "signature");
        foreach (var method in methods)
        {
            table.AddRow(Markup.Escape(method.ToString()), $"[grey]{Markup.Escape(Signature(method))}[/]");
        }

        console.Output.Write(table);
        return ExitCodes.Success;
    }

    /// <summary>The IDL of a service; the signature of a method and a template of its request.</summary>
    public static int Describe(ThriftSchema schema, string? name, TextWriter output)
    {
        if (name is null || !name.Contains('/', StringComparison.Ordinal))
        {
            foreach (var service in name is null ? schema.Services : [schema.GetService(name)])
            {
                output.Write(service.Idl);
            }

            return ExitCodes.Success;
        }

        var method = FindMethod(schema, name);
        output.WriteLine(Signature(method));
        foreach (var field in method.Request.Fields)
        {
            output.WriteLine($"  {field}");
        }

        return ExitCodes.Success;
    }

    /// <summary>Finds a method by <c>Service/Method</c>, or by its own name if one service has it.</summary>
    /// <exception cref="UsageException">There is no such method, or there are several.</exception>
    public static ThriftMethodSchema FindMethod(ThriftSchema schema, string name)
    {
        var slash = name.LastIndexOf('/');
        if (slash >= 0)
        {
            return schema.GetService(name[..slash].TrimStart('/')).GetMethod(name[(slash + 1)..]);
        }

        var found = schema.Services.SelectMany(static service => service.Methods).Where(method => method.Name == name).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new UsageException($"No service has a method \"{name}\". thriftstreams list shows them."),
            _ => throw new UsageException($"Several services have a method \"{name}\". Name one: {string.Join(", ", found)}."),
        };
    }

    private static string Signature(ThriftMethodSchema method)
    {
        var request = string.Join(", ", method.Method.IsStreaming ? [method.Request.Name] : method.Request.Fields.Select(static field => $"{field.Type} {field.Name}"));
        var result = method.Method.IsStreaming ? method.Response.Name : method.Response.Fields.FirstOrDefault(static field => field.Id == 0)?.Type.ToString() ?? "void";
        var isClientStream = method.Mode is ThriftStreamingMode.Client or ThriftStreamingMode.Bidirectional;
        var isServerStream = method.Mode is ThriftStreamingMode.Server or ThriftStreamingMode.Bidirectional;
        return $"{(method.Method.IsOneway ? "oneway " : "")}{(isServerStream ? "stream " : "")}{result} {method.Name}({(isClientStream ? "stream " : "")}{request})";
    }
}
