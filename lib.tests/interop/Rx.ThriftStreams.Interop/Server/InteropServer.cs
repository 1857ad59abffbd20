using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>Both services on one port.</summary>
public static class InteropServer
{
    private const int LargestMessage = 64 * 1024 * 1024;

    /// <summary>Starts a server.</summary>
    /// <param name="address">Where to listen, <c>address:port</c>.</param>
    /// <param name="log">Takes what the handlers have to say.</param>
    /// <param name="certificate">Serve over TLS with this certificate.</param>
    /// <param name="notice">How long what arrives is still served when it stops; the default of servers if it is not given.</param>
    /// <param name="logCalls">Whether each call's start and end are logged too.</param>
    public static async Task<ThriftServer> StartAsync(string address, Action<string> log, bool logCalls, X509Certificate2? certificate = null, TimeSpan? notice = null)
    {
        var server = await ThriftServer.StartAsync(address, server => (certificate is null ? server : server.UseTls(certificate))
            .AddService<ITestService>(new TestServiceProgram(log))
            .AddService<IKitchenSink>(new KitchenSinkProgram(log))
            .Configure(options =>
            {
                // The texts of errors are part of the contract.
                options.RevealErrors = true;
                options.Limits.MaxReceiveMessageSize = LargestMessage;
                options.ShutdownNotice = notice ?? options.ShutdownNotice;
            }));
        if (logCalls)
        {
            server.Events.Subscribe(happened => LogCall(happened, log));
        }

        return server;
    }

    private static void LogCall(in ThriftStreamEvent happened, Action<string> log)
    {
        var call = string.Create(CultureInfo.InvariantCulture, $"#{happened.CallId} {happened.Method.ServiceName}/{happened.Method.Name}");
        if (happened.Kind == ThriftStreamEventKind.RpcStart)
        {
            log($"START {call} proto={happened.Transport} peer={happened.Peer}");
        }
        else if (happened.Kind == ThriftStreamEventKind.RpcFinish)
        {
            log(string.Create(
                CultureInfo.InvariantCulture,
                $"END   {call} dur={happened.Elapsed.TotalMilliseconds:0.###}ms status={happened.Status} err={happened.Error?.Message ?? "none"}"));
        }
    }
}
