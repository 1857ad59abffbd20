using Rx.ThriftStreams.Dynamic;
using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary>Prints what went wrong with a call, and chooses the exit code for it.</summary>
internal static class Failures
{
    public static async Task<int> ReportAsync(Func<Task<int>> run, TextWriter error)
    {
        try
        {
            return await run();
        }
        catch (ThriftSchemaException failure) when (failure.Diagnostics.Count > 0)
        {
            var console = ToolConsole.Of(error);
            foreach (var diagnostic in failure.Diagnostics)
            {
                console.WriteLine(diagnostic, Color.Red);
            }

            return ExitCodes.Findings;
        }
        catch (Exception failure) when (CodeOf(failure) is { } code)
        {
            ToolConsole.Of(error).WriteLine("error: " + Describe(failure), Color.Red);
            return code;
        }
    }

    private static int? CodeOf(Exception failure) => failure switch
    {
        UsageException or ThriftSchemaException or ThriftJsonException or ArgumentException or FormatException => ExitCodes.Usage,
        ThriftConnectException or ThriftTimeoutException or ThriftTransportException => ExitCodes.Unreachable,
        ThriftException { StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded } => ExitCodes.Unreachable,
        ThriftException => ExitCodes.Findings,
        OperationCanceledException => ExitCodes.Interrupted,
        _ => null,
    };

    private static string Describe(Exception failure) => failure switch
    {
        OperationCanceledException => "The call was interrupted.",
        ThriftBizStatusException biz => $"business status {biz.Code}: {biz.Message}",
        ThriftDynamicException declared => declared.Message,
        ThriftException thrift => $"{thrift.StatusCode}: {thrift.Message}",
        _ => failure.Message,
    };
}
