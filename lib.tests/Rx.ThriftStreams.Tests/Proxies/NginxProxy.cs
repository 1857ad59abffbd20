using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Compiler.Tests;

namespace Rx.ThriftStreams.Tests.Proxies;

/// <summary>A real nginx with the configuration of docs/proxies.md, on ports of its own and with its files in a temporary directory.</summary>
internal sealed partial class NginxProxy : IAsyncDisposable
{
    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private NginxProxy(DirectoryInfo directory, Process process, int grpcPort, int tcpPort)
    {
        _directory = directory;
        _process = process;
        GrpcPort = grpcPort;
        TcpPort = tcpPort;
    }

    internal int GrpcPort { get; }

    internal int TcpPort { get; }

    /// <summary>Skips the test where nginx is not installed, unless RX_REQUIRE_NGINX is set.</summary>
    internal static async Task<NginxProxy> StartAsync(int serverPort)
    {
        var program = new[] { "/usr/sbin/nginx", "/usr/bin/nginx" }.FirstOrDefault(File.Exists);
        if (program is null || !File.Exists("/usr/lib/nginx/modules/ngx_stream_module.so"))
        {
            const string Missing = "nginx is missing: install the Debian packages nginx and libnginx-mod-stream.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("RX_REQUIRE_NGINX") is null, Missing);
            throw new InvalidOperationException(Missing);
        }

        var directory = Directory.CreateTempSubdirectory("rx-thrift-nginx-");
        var (grpc, tcp) = (Ports.Free(), Ports.Free());
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "proxies.md"));
        var configuration = Configuration().Match(page).Groups["text"].Value
            .Replace("modules/", "/usr/lib/nginx/modules/", StringComparison.Ordinal)
            .Replace("127.0.0.1:8081", $"127.0.0.1:{grpc}", StringComparison.Ordinal)
            .Replace("127.0.0.1:8082", $"127.0.0.1:{tcp}", StringComparison.Ordinal)
            .Replace("127.0.0.1:8888", $"127.0.0.1:{serverPort}", StringComparison.Ordinal)
            .Replace("http {", $"http {{\n{string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {directory}/{kind};\n"))}access_log off;", StringComparison.Ordinal);
        var file = Path.Combine(directory.FullName, "nginx.conf");
        await File.WriteAllTextAsync(file, $"daemon off;\nmaster_process off;\npid {directory}/pid;\nerror_log stderr;\n{configuration}");
        var process = Process.Start(new ProcessStartInfo(program, ["-p", directory.FullName, "-c", file, "-e", "stderr"]) { RedirectStandardError = true })!;
        var proxy = new NginxProxy(directory, process, grpc, tcp);
        await Waits.Until(() => process.HasExited || (IsOpen(grpc) && IsOpen(tcp)));
        Assert.False(process.HasExited, process.HasExited ? await process.StandardError.ReadToEndAsync() : null);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private static bool IsOpen(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex("^```nginx\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Configuration();
}
