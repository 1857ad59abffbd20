using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Bench;
using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.SelfTest;
using Rx.ThriftStreams.InteropProgram.Server;

const int WrongUsage = 2;
try
{
    var arguments = Arguments.Parse(args.Skip(1));
    return args.FirstOrDefault() switch
    {
        "server" => await ServerVerb.RunAsync(arguments, Console.Out),
        "client" => await ClientVerb.RunAsync(arguments, Console.Out),
        "bench" => await BenchVerb.RunAsync(arguments, Console.Out),
        "selftest" => await SelfTestVerb.RunAsync(arguments, Console.Out),
        _ => throw new UsageException("Say server, client, bench or selftest."),
    };
}
catch (UsageException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return WrongUsage;
}
