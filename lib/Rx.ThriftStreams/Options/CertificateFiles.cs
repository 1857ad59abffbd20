using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Options;

/// <summary>
/// A certificate in files that are replaced while the server runs. Looked at when a connection comes, at most every ten seconds: by their content, because the
/// times of links say nothing about what they lead to. Thread-safe.
/// </summary>
internal sealed partial class CertificateFiles
{
    internal static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private string _content;
    private long _checkedAt;

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file is not a certificate, or not a key.</exception>
    internal CertificateFiles(string certificatePath, string keyPath, TimeProvider clock, ILogger logger)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _clock = clock;
        _logger = logger;
        _checkedAt = clock.GetTimestamp();
        (_content, _current) = Load(Read());
    }

    /// <summary>The certificate with its chain, as the files have it. One that cannot be loaded is logged, and the one before it stays.</summary>
    internal SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetElapsedTime(_checkedAt) >= CheckInterval)
                {
                    _checkedAt = _clock.GetTimestamp();
                    Reload();
                }

                return _current;
            }
        }
    }

    /// <summary>Whether an exception means that a file cannot be read, or has something else in it.</summary>
    internal static bool IsUnusable(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private void Reload()
    {
        try
        {
            var files = Read();
            if (files.Certificate + files.Key != _content)
            {
                (_content, _current) = Load(files);
                LogReloaded(_logger, _certificatePath, _current.TargetCertificate.NotAfter);
            }
        }
        catch (Exception error) when (IsUnusable(error))
        {
            // The two files may be replaced one after the other.
            LogFailed(_logger, error, _certificatePath, _keyPath, CheckInterval);
        }
    }

    private (string Certificate, string Key) Read() => (File.ReadAllText(_certificatePath), File.ReadAllText(_keyPath));

    private static (string Content, SslStreamCertificateContext Context) Load((string Certificate, string Key) files)
    {
        using var leaf = X509Certificate2.CreateFromPem(files.Certificate, files.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(files.Certificate);

        // Some systems do not use keys for TLS that exist in memory only.
        var certificate = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), null);
        return (files.Certificate + files.Key, SslStreamCertificateContext.Create(certificate, chain, offline: true));
    }

    [LoggerMessage(50, LogLevel.Information, "The certificate {Path} was loaded again; it is valid until {NotAfter}.", EventName = "CertificateReloaded")]
    private static partial void LogReloaded(ILogger logger, string path, DateTime notAfter);

    [LoggerMessage(51, LogLevel.Warning, "The certificate {Path} with the key {KeyPath} could not be loaded again. The previous one stays in use; the files are read again after {Interval}.", EventName = "CertificateReloadFailed")]
    private static partial void LogFailed(ILogger logger, Exception error, string path, string keyPath, TimeSpan interval);
}
