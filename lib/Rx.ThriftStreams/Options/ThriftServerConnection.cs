using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Rx.ThriftStreams;

/// <summary>The connection that brought a call to a server: <see cref="ThriftServerContext.Connection"/>.</summary>
/// <remarks>Thread-safe. Calls of one connection may share the object. In-process calls have neither addresses nor TLS.</remarks>
public abstract class ThriftServerConnection
{
    private protected ThriftServerConnection()
    {
    }

    /// <summary>The address that the caller connected to; <see langword="null"/> if the transport has none.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The caller's address; <see langword="null"/> if the transport has none.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Whether the connection is protected by TLS.</summary>
    public abstract bool IsTls { get; }

    /// <summary>The version of TLS; <see cref="SslProtocols.None"/> in clear text.</summary>
    public abstract SslProtocols TlsProtocol { get; }

    /// <summary>The cipher suite of TLS; <see langword="null"/> in clear text.</summary>
    public abstract TlsCipherSuite? TlsCipherSuite { get; }

    /// <summary>The name of the server that the caller asked for in the handshake of TLS (SNI); empty if it named none.</summary>
    public abstract string ServerName { get; }

    /// <summary>The certificate that the caller presented in the handshake of TLS; <see langword="null"/> if it presented none. Do not dispose it.</summary>
    public abstract X509Certificate2? ClientCertificate { get; }
}
