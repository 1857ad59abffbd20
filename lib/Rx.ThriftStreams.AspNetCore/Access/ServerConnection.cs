using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>A connection as the features of Kestrel describe it.</summary>
internal sealed class ServerConnection : ThriftServerConnection
{
    private readonly IFeatureCollection? _features;

    private ServerConnection(IFeatureCollection? features, EndPoint? local, EndPoint? remote, IFeatureCollection? inherited, ThriftProtocols protocols, bool isOverLimit = false)
    {
        _features = features;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        Inherited = inherited;
        Protocols = protocols;
        IsOverLimit = isOverLimit;
    }

    /// <summary>No connection: in-process calls.</summary>
    internal static ServerConnection None { get; } = new(null, null, null, null, ThriftProtocols.All);

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get; }

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint { get; }

    /// <inheritdoc/>
    public override bool IsTls => Handshake is not null || _features?.Get<ITlsConnectionFeature>() is not null;

    /// <inheritdoc/>
    public override SslProtocols TlsProtocol => Handshake?.Protocol ?? SslProtocols.None;

    /// <inheritdoc/>
    public override TlsCipherSuite? TlsCipherSuite => Handshake?.NegotiatedCipherSuite;

    /// <inheritdoc/>
    /// <remarks>Kestrel names the host only where the certificate is chosen by it; the stream of TLS always knows.</remarks>
    public override string ServerName => _features?.Get<ISslStreamFeature>()?.SslStream.TargetHostName ?? string.Empty;

    /// <inheritdoc/>
    public override X509Certificate2? ClientCertificate => _features?.Get<ITlsConnectionFeature>()?.ClientCertificate;

    /// <summary>The caller's address, as <c>host:port</c>, for logs and contexts.</summary>
    internal string Peer => RemoteEndPoint?.ToString() ?? "unknown";

    /// <summary>Features of the connection that a call's <see cref="HttpContext"/> shows as well; <see langword="null"/> if there are none.</summary>
    internal IFeatureCollection? Inherited { get; }

    /// <summary>The protocols that its port speaks.</summary>
    internal ThriftProtocols Protocols { get; }

    /// <summary>Whether it is one too many, so that its calls are refused.</summary>
    internal bool IsOverLimit { get; }

    /// <summary>The port that it came to; 0 if the transport has none.</summary>
    internal int LocalPort => (LocalEndPoint as IPEndPoint)?.Port ?? 0;

    private ITlsHandshakeFeature? Handshake => _features?.Get<ITlsHandshakeFeature>();

    /// <summary>A connection that Kestrel accepted and handed over.</summary>
    internal static ServerConnection Of(ConnectionContext connection, ThriftProtocols protocols = ThriftProtocols.All)
        => new(connection.Features, connection.LocalEndPoint, connection.RemoteEndPoint, connection.Features, protocols, connection.Features.Get<ConnectionOverLimit>() is not null);

    /// <summary>The connection of a request: its addresses are those that middleware, such as that for forwarded headers, may have replaced.</summary>
    internal static ServerConnection Of(HttpContext http, ThriftProtocols protocols) => new(
        http.Features,
        EndPointOf(http.Connection.LocalIpAddress, http.Connection.LocalPort),
        EndPointOf(http.Connection.RemoteIpAddress, http.Connection.RemotePort),
        null,
        protocols);

    private static IPEndPoint? EndPointOf(IPAddress? address, int port) => address is null ? null : new(address, port);
}
