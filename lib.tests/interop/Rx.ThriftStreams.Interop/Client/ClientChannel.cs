using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>Makes channels for the transports as they are named on the command line.</summary>
public static class ClientChannel
{
    private const int LargestMessage = 64 * 1024 * 1024;

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Transports { get; } = ["grpc", "ttheader-streaming", "ttheader", "ttheaderframed", "framed", "buffered"];

    /// <summary>Makes a channel. Over TLS it trusts any certificate.</summary>
    [SuppressMessage("Security", "CA5359", Justification = "The contract has no option for a certificate to trust: what is tried are protocols, with servers whose certificates nobody signed.")]
    public static ThriftChannel Open(string address, string transport, string? destination = null, string? caller = null, bool tls = false)
    {
        var scheme = (transport == "grpc" ? "grpc" : "ttheader") + (tls ? "s" : string.Empty);
        var options = new ThriftChannelOptions
        {
            StreamTransport = transport == "grpc" ? ThriftTransport.Grpc : ThriftTransport.TTHeaderStreaming,
            PingPongTransport = transport switch
            {
                "grpc" => ThriftTransport.Grpc,
                "ttheader-streaming" or "grpc-streaming" or "ttheaderframed" => ThriftTransport.TTHeaderFramed,
                "ttheader" => ThriftTransport.TTHeader,
                "framed" => ThriftTransport.Framed,
                "buffered" => ThriftTransport.Buffered,
                _ => throw new UsageException($"There is no transport \"{transport}\". Say {string.Join(", ", Transports)}."),
            },
            DestinationService = destination,
            ServiceName = caller,
            MaxReceiveMessageSize = LargestMessage,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PropagateTraceContext = false,
        };
        if (tls)
        {
            options.TlsOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TrustAny };
        }

        try
        {
            return ThriftChannel.ForAddress($"{scheme}://{address}", options);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    private static bool TrustAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
}
