using System.Net.Sockets;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>The messages that the page about errors shows are those of the library.</summary>
public sealed class ErrorTextTests
{
    private const string Endpoint = "10.0.0.5:8888";

    public static TheoryData<string> Texts =>
    [
        new ThriftConnectException(Endpoint, new SocketException((int)SocketError.ConnectionRefused)).Message,
        new ThriftConnectException(
            Endpoint, new ConnectHint("the server closed it without an answer: if its port expects TLS, use an address with grpcs://.", new IOException())).Message,
        new ThriftTimeoutException("ReceiveTimeout", ThriftTimeoutKind.Receive, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(5003.2), "chat.Chat/Ask").Message,
        new ThriftCircuitOpenException(ThriftCircuitScope.Endpoint, Endpoint, TimeSpan.FromSeconds(30)).Message,
        new MessageLimits(4 * 1024 * 1024, null, 100, isServer: true).TooLarge(5 * 1024 * 1024).Message,
        new MessageLimits(4 * 1024 * 1024, null, 100).TooLarge(5 * 1024 * 1024).Message,
    ];

    private static string Page => File.ReadAllText(Path.Combine(Repository.Root, "docs", "errors.md"));

    [Theory]
    [MemberData(nameof(Texts))]
    public void Page_OfErrors_HasTheMessage(string text) => Assert.Contains($"\n{text}\n", Page, StringComparison.Ordinal);
}
