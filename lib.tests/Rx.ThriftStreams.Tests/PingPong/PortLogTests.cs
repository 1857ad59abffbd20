using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>What a port logs of connections that speak something else.</summary>
public sealed class PortLogTests
{
    // The record's length ends in 80, so that it looks like a framed call.
    private const string ClientHello = "160301018001000" + "17c0303";

    [Theory]
    [InlineData(ClientHello, WireProtocol.Tls)]
    [InlineData("1603010200010001fc0303", WireProtocol.Tls)]
    [InlineData("474554202f20485454502f312e31", WireProtocol.Http1)]
    [InlineData("504f5354202f78", WireProtocol.NeedMore)]
    [InlineData("504f5354202f7820", WireProtocol.Http1)]
    [InlineData("0000002680010001", WireProtocol.Framed)]
    [InlineData("8001000100000003", WireProtocol.Buffered)]
    [InlineData("1603010012345678", WireProtocol.Unknown)]
    public void Detect_FirstBytes_NameTlsAndHttp1(string hex, object protocol)
        => Assert.Equal(protocol, ProtocolDetector.DetectConnection(new ReadOnlySequence<byte>(Convert.FromHexString(hex))));

    [Theory]
    [InlineData(ClientHello, "it speaks TLS", "UseHttps()")]
    [InlineData("474554202f20485454502f312e31", "it speaks HTTP/1", "exactly 2.0")]
    [InlineData("0102030405060708", "0102030405060708", "do not belong to a protocol")]
    public async Task Port_OtherProtocol_IsNamedInTheLogWithWhatToChange(string hex, string name, string advice)
    {
        var log = new LogCollector();
        await using var application = await StartAsync(log);

        await SendAsync(application, Convert.FromHexString(hex));

        var entry = Assert.Single(log.Entries);
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Contains(name, entry.Text, StringComparison.Ordinal);
        Assert.Contains(advice, entry.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_ManyBadConnections_LogsFewWarnings()
    {
        var log = new LogCollector();
        await using var application = await StartAsync(log);

        for (var i = 0; i < 3 * EntryLimits.PerMinute; i++)
        {
            await SendAsync(application, [1, 2, 3, 4, 5, 6, 7, 8]);
        }

        Assert.InRange(log.Entries.Count, 1, EntryLimits.PerMinute);
    }

    [Fact]
    public async Task Call_RefusedWithControlCharactersInItsName_IsLoggedEscaped()
    {
        var log = new LogCollector();
        await using var application = await StartAsync(log, options => options.Limits.MaxReceiveMessageSize = 10);

        var request = PingPongWire.Framed(PingPongWire.WithText("Evil\n\u001b[31mName", new string('x', 5_000)));
        await SendAsync(application, request);

        var text = Assert.Single(log.Entries).Text;
        Assert.Contains("Evil\\u000A\\u001B[31mName", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
    }

    private static async Task SendAsync(WebApplication application, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(application.Endpoint());
        await client.GetStream().WriteAsync(bytes);
        await PingPongWire.ReadToEndAsync(client.GetStream());
    }

    private static Task<WebApplication> StartAsync(LogCollector log, Action<AspNetCore.ThriftServerOptions>? configure = null) => ThriftApplication.StartAsync(
        static listen => listen.UseThriftStreams(),
        static application => application.MapThriftService<Demo.Echo.ITestService>(new GateService()),
        services => services.AddLogging(logging => logging.AddProvider(log)).Configure<AspNetCore.ThriftServerOptions>(options => configure?.Invoke(options)));
}
