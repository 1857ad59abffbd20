using Rx.ThriftStreams.Dynamic;

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
            foreach (var diagnostic in failure.Diagnostics)
            {
                await error.WriteLineAsync(diagnostic);
            }

            return ExitCodes.Findings;
        }
        catch (Exception failure) when (CodeOf(failure) is { } code)
        {
            await error.WriteLineAsync("error: " + Describe(failure));
            return code;
        }
    }

    private static int? CodeOf(Exception failure) => failure switch
    {
        UsageException or ThriftSchemaException or ThriftJsonException or ArgumentException or FormatException => ExitCodes.Usage,
        ThriftConnectException or ThriftTimeoutException or ThriftTransportException => ExitCodes.Unreachable,
        ThriftStatusException { StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded } => ExitCodes.Unreachable,
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
