using System.Collections.Concurrent;
using System.Diagnostics;
using Rx.ThriftStreams.Compiler.Tests;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>A language's Apache Thrift: its runtime, its package, and the code that Apache's compiler generates for it.</summary>
internal sealed class ApachePeer(string name, string generator, string script, string[] runtimes, string probe)
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Installation>>> s_installations = new();

    internal static ApachePeer Python { get; } = new("python", "py", "peer.py", ["/usr/bin/python3", "python3"], "-c|import thrift");

    internal static ApachePeer Node { get; } = new("node", "js:node", "peer.js", ["node"], "-e|require('thrift')");

    /// <summary>Starts the script. Skips the test where the peer is not installed, unless RX_REQUIRE_PEERS is set.</summary>
    internal async Task<Process> StartAsync(string role, string transport, string protocol, string naming, int port)
    {
        var installation = await s_installations.GetOrAdd(name, _ => new(InstallAsync)).Value;
        if (installation.Missing is { } missing)
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("RX_REQUIRE_PEERS") is null, missing);
            Assert.Fail(missing);
        }

        return Process.Start(StartInfo(
            installation.Runtime, Path.Combine(Directory, script), installation.Generated, role, transport, protocol, naming, $"{port}"))!;
    }

    private static string Directory { get; } = Path.Combine(Repository.Root, "lib.tests", "Rx.ThriftStreams.Tests", "Peers");

    private async Task<Installation> InstallAsync()
    {
        foreach (var runtime in runtimes)
        {
            if (!await SucceedsAsync(StartInfo(runtime, probe.Split('|'))))
            {
                continue;
            }

            var output = System.IO.Directory.CreateTempSubdirectory("rx-thrift-peer-").FullName;
            AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(output, recursive: true);
            return await SucceedsAsync(StartInfo("thrift", "--gen", generator, "-out", output, Path.Combine(Directory, "peer.thrift")))
                ? new(runtime, output, null)
                : new(runtime, output, "Apache's compiler is missing: install the package thrift-compiler.");
        }

        return new("", "", $"Apache Thrift for {name} is missing: install the Debian package python3-thrift, or npm's thrift with its folder in NODE_PATH.");
    }

    private static ProcessStartInfo StartInfo(string program, params string[] arguments)
        => new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };

    private static async Task<bool> SucceedsAsync(ProcessStartInfo start)
    {
        try
        {
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private sealed record Installation(string Runtime, string Generated, string? Missing);
}
