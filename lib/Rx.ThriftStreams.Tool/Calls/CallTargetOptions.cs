using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tool;

/// <summary>The options that <c>call</c>, <c>list</c> and <c>describe</c> share: where the schema is, and how the server is reached.</summary>
internal sealed class CallTargetOptions
{
    private readonly Option<string?> _idl = new("--idl") { Description = "The IDL file. Without it the server is asked, which must call MapThriftDescribe()." };
    private readonly Option<string[]> _include = new("--include", "-I") { Description = "A directory to search for includes. Can be repeated." };
    private readonly Option<string[]> _headers = new("--header", "-H") { Description = "A header of the call, as \"name: value\". Can be repeated." };
    private readonly Option<string[]> _meta = new("--meta", "-M") { Description = "Transient metainfo for the server, as key=value. Can be repeated." };
    private readonly Option<string[]> _persistent = new("--persistent-meta") { Description = "Persistent metainfo, which the server passes on, as key=value. Can be repeated." };
    private readonly Option<string?> _timeout = new("--timeout") { Description = "The deadline of the call: 500ms, 5s, 2m. Default: none." };
    private readonly Option<ThriftTransport?> _transport = new("--transport") { Description = "How ping-pong methods travel, where the address leaves a choice: TTHeader, TTHeaderFramed, Framed, Buffered." };
    private readonly Option<ThriftProtocol> _protocol = new("--protocol") { Description = "The protocol of ping-pong messages, for servers of Apache Thrift.", DefaultValueFactory = static _ => ThriftProtocol.Binary };
    private readonly Option<string?> _httpPath = new("--http-path") { Description = "The path of http:// addresses." };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Accept any certificate of the server." };
    private readonly Option<string?> _authority = new("--cacert") { Description = "A PEM file with the certificates of the authorities to trust." };
    private readonly Option<string?> _certificate = new("--cert") { Description = "A PEM file with the certificate of the client." };
    private readonly Option<string?> _key = new("--key") { Description = "A PEM file with the key of --cert." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _idl, _include, _headers, _meta, _persistent, _timeout, _transport, _protocol, _httpPath, _insecure, _authority, _certificate, _key })
        {
            command.Add(option);
        }
    }

    public bool HasIdl(ParseResult parsed) => parsed.GetValue(_idl) is not null;

    /// <exception cref="UsageException">An option is malformed.</exception>
    public CallTarget Target(ParseResult parsed, string? address)
    {
        var channel = new ThriftChannelOptions { PingPongTransport = parsed.GetValue(_transport), TlsOptions = Tls(parsed) };
        channel.Discovery.UseEtcd();
        channel.PingPong.Protocol = parsed.GetValue(_protocol);
        if (parsed.GetValue(_httpPath) is { } path)
        {
            channel.PingPong.HttpPath = path;
        }

        var headers = new ThriftMetadata();
        foreach (var header in parsed.GetValue(_headers) ?? [])
        {
            var (name, value) = Split(header, ':', "--header");
            headers.Add(name, value.Trim());
        }

        var meta = new ThriftMetaInfo();
        Fill(meta.Transient, parsed.GetValue(_meta), "--meta");
        Fill(meta.Persistent, parsed.GetValue(_persistent), "--persistent-meta");
        var options = new ThriftCallOptions { Headers = headers, MetaInfo = meta, Timeout = parsed.GetValue(_timeout) is { } limit ? Durations.Parse(limit, "--timeout") : null };
        return new CallTarget(address, parsed.GetValue(_idl), parsed.GetValue(_include) ?? [], channel, options);
    }

    private static void Fill(IDictionary<string, string> pairs, string[]? written, string option)
    {
        foreach (var pair in written ?? [])
        {
            var (name, value) = Split(pair, '=', option);
            pairs[name] = value;
        }
    }

    private static (string Name, string Value) Split(string pair, char separator, string option)
    {
        var at = pair.IndexOf(separator, StringComparison.Ordinal);
        return at > 0 ? (pair[..at], pair[(at + 1)..]) : throw new UsageException($"{option} needs a name, \"{separator}\" and a value, not \"{pair}\".");
    }

    private SslClientAuthenticationOptions? Tls(ParseResult parsed)
    {
        var (authority, certificate) = (parsed.GetValue(_authority), parsed.GetValue(_certificate));
        if (!parsed.GetValue(_insecure) && authority is null && certificate is null)
        {
            return null;
        }

        var tls = new SslClientAuthenticationOptions();
        if (certificate is not null)
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, parsed.GetValue(_key))];
        }

        if (authority is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(authority);
            tls.CertificateChainPolicy = policy;
        }

        if (parsed.GetValue(_insecure))
        {
#pragma warning disable CA5359 // The user asks for it, to look at a server whose certificate is not valid.
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return tls;
    }
}
