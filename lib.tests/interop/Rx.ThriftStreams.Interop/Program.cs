using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Bench;
using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.Restarts;
using Rx.ThriftStreams.InteropProgram.SelfTest;
using Rx.ThriftStreams.InteropProgram.Server;
using Rx.ThriftStreams.InteropProgram.Stress;

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
        "restarts" => await RestartsVerb.RunAsync(arguments, Console.Out),
        "stress" => await StressVerb.RunAsync(arguments, Console.Out),
        _ => throw new UsageException("Say server, client, bench, selftest, stress or restarts."),
    };
}
catch (UsageException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return WrongUsage;
}
