using System.Diagnostics;
using System.Globalization;
using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.Server;

namespace Rx.ThriftStreams.InteropProgram.SelfTest;

/// <summary>
/// <c>selftest [--addr A [--tls]] [--transport T] [--case PART]</c>: tries every client transport with every behaviour, against a server of this program or another that speaks the
/// contract, and writes a table.
/// </summary>
public static class SelfTestVerb
{
    /// <summary>Runs it.</summary>
    /// <returns>0 if everything was as it should be, 1 if something was not.</returns>
    public static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        var address = arguments.Text("addr");
        var part = arguments.Text("case") ?? string.Empty;
        var transports = arguments.All("transport");
        var tls = address is not null && arguments.Flag("tls");
        arguments.CheckAllKnown();

        var server = address is null ? await InteropServer.StartAsync("127.0.0.1:0", static _ => { }, logCalls: false) : null;
        await using (server)
        {
            address ??= server!.Endpoint.ToString();
            var failures = 0;
            foreach (var transport in transports.Count == 0 ? ClientChannel.Transports : transports)
            {
                foreach (var test in SelfTestCases.For(transport).Where(test => test.Name.Contains(part, StringComparison.Ordinal)))
                {
                    var started = Stopwatch.GetTimestamp();
                    var wrong = await TryAsync(test, address, transport, tls);
                    failures += wrong.Length == 0 ? 0 : 1;
                    await output.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{transport,-20} {test.Name,-28} {(wrong.Length == 0 ? "ok" : "FAILED"),-7} {Stopwatch.GetElapsedTime(started).TotalMilliseconds,8:0.0} ms  {wrong}").TrimEnd());
                }
            }

            await output.WriteLineAsync(failures == 0 ? "all ok" : string.Create(CultureInfo.InvariantCulture, $"{failures} failed"));
            return failures == 0 ? 0 : 1;
        }
    }

    private static async Task<string> TryAsync(SelfTestCase test, string address, string transport, bool tls)
    {
        try
        {
            return await test.RunAsync(address, transport, tls);
        }
        catch (TimeoutException)
        {
            return "the call never ended";
        }
    }
}
