using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.InteropProgram.Server;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>A server in a process of its own that is asked to end by the operating system.</summary>
public sealed class SigtermTests
{
    // The shutdown timeout is 5 s, and a second later connections are cut off. A host gives up after 30 s.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("framed")]
    [InlineData("ttheader-streaming")]
    public async Task Sigterm_PeerReadsNothing_ProcessEndsSoonAfterTheShutdownTimeout(string protocol)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no SIGTERM.");
        using var process = Start();
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).Soon();
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPEndPoint.Parse(line!.Split(' ')[2]), TestContext.Current.CancellationToken);
            await SendUntilBlockedAsync(socket, protocol);

            using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            {
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static Process Start() => Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        ["exec", typeof(InteropServer).Assembly.Location, "server", "--addr", "127.0.0.1:0", "--quiet"])
    {
        RedirectStandardOutput = true,
        UseShellExecute = false,
    })!;

    private static async Task SendUntilBlockedAsync(Socket socket, string protocol)
    {
        var text = new string('x', 500_000);
        var bytes = FramePeer.Data(1, text);
        if (protocol == "framed")
        {
            byte[] body = [.. Convert.FromHexString($"0c00010b0001{text.Length:x8}"), .. System.Text.Encoding.ASCII.GetBytes(text), 0, 0];
            bytes = PingPongWire.Framed(PingPongWire.Message("EchoPingPong", body));
        }
        else
        {
            await socket.SendAsync(FramePeer.Header(1), TestContext.Current.CancellationToken);
        }

        socket.Blocking = false;
        for (var (blocked, offset) = (0, 0); blocked < 20_000;)
        {
            offset = (offset + socket.Send(bytes.AsSpan(offset), SocketFlags.None, out var error)) % bytes.Length;
            Assert.True(error is SocketError.Success or SocketError.WouldBlock, $"{error}");
            blocked += error == SocketError.WouldBlock ? 1 : 0;
            Thread.Yield();
        }
    }
}
