using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Rx.ThriftStreams.Tool;

/// <summary>Adds examples to the help of each command.</summary>
internal sealed class HelpExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        ["call"] =
        [
            "thriftstreams call grpc://localhost:8888 shop.Shop/Get -d '\"pen\"'",
            "thriftstreams call ttheader://localhost:8888 Shop/Add --idl shop.thrift -d '{\"a\":2,\"b\":3}'",
            "cat items.ndjson | thriftstreams call grpcs+dns://shop.internal:443 Shop/Both --cacert ca.pem -H 'tenant: blue' -v",
        ],
        ["bench"] =
        [
            "thriftstreams bench grpc://localhost:8888 Shop/Get -d '\"pen {{counter}}\"' --concurrency 50",
            "thriftstreams bench ttheader://localhost:8888 Shop/Get -d '\"pen\"' --rate 1000 --duration 30s",
            "thriftstreams bench grpc://localhost:8888 Shop/Both -d '{\"name\":\"{{text:100}}\"}' --messages 1000 --json",
        ],
        ["list"] = ["thriftstreams list grpc://localhost:8888", "thriftstreams list --idl shop.thrift Shop"],
        ["describe"] = ["thriftstreams describe grpc://localhost:8888 Shop", "thriftstreams describe grpc://localhost:8888 Shop/Get"],
        ["gen"] = ["thriftstreams gen api.thrift --out Generated -I idl"],
        ["check"] = ["thriftstreams check idl --warnaserror", "thriftstreams check 'idl/**/*.thrift' --output-format Sarif > findings.sarif"],
        ["format"] = ["thriftstreams format idl --check", "thriftstreams format shop.thrift --write"],
        ["breaking"] = ["thriftstreams breaking old new", "thriftstreams breaking idl --against git:main --ignore 'TB203: never released'"],
        ["trim"] = ["thriftstreams trim api.thrift --method Shop.find --out small"],
        ["completion"] = ["source <(thriftstreams completion bash)", "thriftstreams completion fish > ~/.config/fish/completions/thriftstreams.fish"],
    };

    /// <summary>Adds the examples to the help of a command and of those below it.</summary>
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpExamples((HelpAction)option.Action!);
    }

    /// <summary>Help needs no arguments of the command.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        if (Examples.TryGetValue(parseResult.CommandResult.Command.Name, out var examples))
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine("  " + example);
            }

            output.WriteLine();
        }

        return code;
    }
}
