using System.Net.Security;
using System.Security.Authentication;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Sockets;

/// <summary>Performs the client's TLS handshake, and explains why it failed.</summary>
internal static class ClientHandshake
{
    /// <exception cref="ConnectHint">The peer did not answer with TLS, or refused this client.</exception>
    /// <exception cref="AuthenticationException">The peer's certificate is not valid.</exception>
    internal static async Task AuthenticateAsync(SslStream stream, SslClientAuthenticationOptions tls, CancellationToken cancellationToken)
    {
        var check = new ServerCertificateCheck(tls);
        try
        {
            await stream.AuthenticateAsClientAsync(check.Options, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationException) when (check.Refusal is { } refusal)
        {
            // Instead of the one that was caught, which says only that the certificate was refused.
            throw new AuthenticationException(refusal);
        }
        catch (Exception error) when (error is IOException or AuthenticationException && Explain(error) is { } hint)
        {
            throw new ConnectHint(hint, error);
        }
    }

    /// <summary>What a failed handshake most likely means; <see langword="null"/> where the error is already clear, as for a certificate that a callback refused.</summary>
    private static string? Explain(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            // OpenSSL and Schannel report the alert; .NET exposes it only in the message.
            if (cause.Message.Contains("certificate required", StringComparison.OrdinalIgnoreCase)
                || cause.Message.Contains("handshake failure", StringComparison.OrdinalIgnoreCase)
                || cause.Message.Contains("bad certificate", StringComparison.OrdinalIgnoreCase)
                || cause.Message.Contains("unknown ca", StringComparison.OrdinalIgnoreCase))
            {
                return $"the server refused the TLS handshake ({cause.Message.TrimEnd('.')}): {ClientCertificateFix}";
            }
        }

        return error switch
        {
            AuthenticationException { InnerException: null } when error.Message.Contains("remote certificate", StringComparison.OrdinalIgnoreCase) => null,
            _ => $"the server did not complete the TLS handshake ({error.GetBaseException().Message.TrimEnd('.')}): if its port speaks plaintext, use an address with grpc:// or ttheader://",
        };
    }

    /// <summary>What to do about a server that closes connections after the handshake: with TLS 1.3 a client certificate is checked only then.</summary>
    internal const string ClientCertificateFix = "if it requires a client certificate, set ThriftChannelOptions.TlsOptions.ClientCertificates to one that it trusts";
}
