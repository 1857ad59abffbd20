using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Sockets;

/// <summary>
/// Decides about the certificate of a server as the options say, and keeps why it was refused: the exception of a handshake has neither the certificate nor its dates. For one handshake.
/// </summary>
internal sealed class ServerCertificateCheck
{
    private const int MaxNames = 4;

    private readonly RemoteCertificateValidationCallback? _own;
    private readonly string? _host;

    /// <param name="options">The settings of the handshake.</param>
    internal ServerCertificateCheck(SslClientAuthenticationOptions options)
    {
        _own = options.RemoteCertificateValidationCallback;
        _host = options.TargetHost;
        Options = options.Snapshot();
        Options.RemoteCertificateValidationCallback = Validate;
    }

    /// <summary>The settings, with this check.</summary>
    internal SslClientAuthenticationOptions Options { get; }

    /// <summary>Why the certificate was refused, and what to do; <see langword="null"/> if it was not, or only a callback of the application knows why.</summary>
    internal string? Refusal { get; private set; }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var isAccepted = _own?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
        if (!isAccepted && errors != SslPolicyErrors.None)
        {
            Refusal = $"the certificate of the server was refused ({errors}): {string.Join(", and ", Reasons(certificate as X509Certificate2, chain, errors))}.";
        }

        return isAccepted;
    }

    private IEnumerable<string> Reasons(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) || certificate is null)
        {
            yield return "it presented none";
            yield break;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            yield return $"it is for {NamesOf(certificate)}, not for {_host}: set TlsOptions.TargetHost to a name that it has";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null)
        {
            foreach (var reason in ReasonsOf(chain))
            {
                yield return reason;
            }
        }
    }

    private static List<string> ReasonsOf(X509Chain chain)
    {
        var reasons = new List<string>();
        var known = X509ChainStatusFlags.NotTimeValid;
        foreach (var element in chain.ChainElements)
        {
            if (Array.Exists(element.ChainElementStatus, static status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid)))
            {
                reasons.Add(DescribeTime(element.Certificate, chain.ChainPolicy.VerificationTime));
            }
        }

        var statuses = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, status) => all | status.Status);
        if ((statuses & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            known |= X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;
            reasons.Add(
                "no authority that this client trusts has signed it: if its authority is a private one, set TlsOptions:RootsPath in the configuration, or TlsOptions.CertificateChainPolicy in code; "
                + "if it is public, have the server send the certificates between");
        }

        return (statuses & ~known) is not X509ChainStatusFlags.NoError and var others ? [.. reasons, $"its chain has the errors {others}"] : reasons;
    }

    private static string DescribeTime(X509Certificate2 certificate, DateTime now)
    {
        var subject = certificate.Subject;
        return now.ToUniversalTime() > certificate.NotAfter.ToUniversalTime()
            ? $"{subject} has expired on {Date(certificate.NotAfter)}: renew it"
            : $"{subject} is valid from {Date(certificate.NotBefore)} to {Date(certificate.NotAfter)} only: compare the clocks of both sides";
    }

    private static string Date(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(static extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(static address => address.ToString())))
            .ToList();
        var shown = string.Join(", ", names.Take(MaxNames));
        return names.Count == 0 ? certificate.Subject : names.Count > MaxNames ? $"{shown}, …" : shown;
    }
}
