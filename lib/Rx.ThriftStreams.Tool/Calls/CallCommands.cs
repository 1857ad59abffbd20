using System.CommandLine;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tool;

/// <summary>The commands that need a server: <c>call</c>, <c>list</c> and <c>describe</c>.</summary>
internal static class CallCommands
{
    public static Command Call(TextReader input, TextWriter output, TextWriter error)
    {
        var address = Address();
        var method = Method();
        var data = new Option<string?>("--data", "-d") { Description = "The request as JSON; several lines for a stream of requests; @FILE to read a file. Without it the standard input is read: all of it for one request, line by line for a stream." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Print headers, trailers, the status and the time to the standard error." };
        var int64 = new Option<bool>("--int64-as-text") { Description = "Print i64 as text." };
        var lenient = Lenient();
        var target = new CallTargetOptions();
        var command = new Command("call", "Calls a method with JSON and prints the responses as JSON, one a line.") { address, method, data, verbose, int64, lenient };
        target.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Failures.ReportAsync(
            () => CallCommand.RunAsync(
                target.Target(parsed, parsed.GetValue(address)),
                parsed.GetValue(method)!,
                new MessageInput(parsed.GetValue(data), input),
                Json(parsed.GetValue(lenient)) with { Int64AsText = parsed.GetValue(int64) },
                output,
                parsed.GetValue(verbose) ? new CallReport(error, TimeProvider.System) : null,
                cancellationToken),
            error));
        return command;
    }

    public static Argument<string> Address() => new("address")
    {
        Description = "The server, as for ThriftChannel.ForAddress: grpc://host:port, ttheader://host:port, http://host:port; grpcs, ttheaders and https for TLS; grpc+dns://host:port, grpc+etcd://etcd-host:port/service.",
    };

    public static Argument<string> Method() => new("method") { Description = "Service/Method, with or without the package; the method alone if one service has it." };

    public static Option<bool> Lenient() => new("--lenient")
    {
        Description = "Read the request as Kitex does: fill required fields that are missing, ignore unknown members, and convert values of the wrong kind, instead of refusing them.",
    };

    /// <summary>How requests are read: what is misspelled or forgotten is refused, unless the user asked for Kitex's rules.</summary>
    public static ThriftDynamicJsonOptions Json(bool isLenient) => new() { Lenient = isLenient, RespectRequiredFields = !isLenient, RefuseUnknownMembers = !isLenient };

    public static Command List(TextWriter output, TextWriter error)
        => OfSchema("list", "Lists the methods of a server or an IDL file: their names and signatures, one a line.", SchemaSymbols.List, output, error);

    public static Command Describe(TextWriter output, TextWriter error)
        => OfSchema("describe", "Prints the IDL of a service, or the signature and arguments of a method (Service/Method).", SchemaSymbols.Describe, output, error);

    private static Command OfSchema(string name, string description, Func<ThriftSchema, string?, TextWriter, int> run, TextWriter output, TextWriter error)
    {
        var names = new Argument<string[]>("names") { Description = "The address of the server, unless --idl names a file; then, if not all is wanted, the name of a service or method.", Arity = new ArgumentArity(0, 2) };
        var target = new CallTargetOptions();
        var command = new Command(name, description) { names };
        target.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Failures.ReportAsync(
            async () =>
            {
                var given = parsed.GetValue(names) ?? [];
                var symbol = given.ElementAtOrDefault(target.HasIdl(parsed) ? 0 : 1);
                var source = target.Target(parsed, target.HasIdl(parsed) ? null : given.FirstOrDefault());
                var schema = await Progress.RunAsync(error, "Reading the schema", () => source.LoadAsync(cancellationToken));
                return run(schema, symbol, output);
            },
            error));
        return command;
    }
}
