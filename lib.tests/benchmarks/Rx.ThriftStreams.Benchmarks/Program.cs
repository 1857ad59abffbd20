using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Rx.ThriftStreams.Benchmarks.Calls;

if (args is ["bare", var address])
{
    await BareCalls.RunAsync(address);
    return;
}

if (args is ["pieces"])
{
    await PieceDownloads.RunAsync();
    return;
}

// In this process: a second build of the same projects under a generated one would need the network.
IConfig config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(new InProcessEmitToolchain(new())).WithId("InProcess"))
    .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
