using System.Net.Security;
using Rx.ThriftStreams.Etcd.Registry;

namespace Rx.ThriftStreams.Etcd;

/// <summary>How to reach etcd, and where Kitex's registry is in it.</summary>
/// <remarks>Copied when they are used: later changes have no effect.</remarks>
public sealed class ThriftEtcdOptions
{
    /// <summary>The prefix of Kitex's registry: <c>kitex/registry-etcd</c>.</summary>
    public const string DefaultPrefix = "kitex/registry-etcd";

    /// <summary>
    /// The members of the cluster, as <c>host:port</c>, <c>http://host:port</c> or <c>https://host:port</c>. A request goes to the first that answers. Without a
    /// scheme it is <c>https</c> if <see cref="TlsOptions"/> are set. Default: none, which means <c>127.0.0.1:2379</c>.
    /// </summary>
    public IList<string> Endpoints { get; private set; } = [];

    /// <summary>The user of etcd. Default <see langword="null"/>: no authentication.</summary>
    public string? UserName { get; set; }

    /// <summary>The password of <see cref="UserName"/>. Default <see langword="null"/>.</summary>
    public string? Password { get; set; }

    /// <summary>TLS settings: client certificates, validation, versions. Default <see langword="null"/>: the system's trust for <c>https</c> endpoints.</summary>
    public SslClientAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>What registry keys begin with, without a final slash. Default <see cref="DefaultPrefix"/>. May be empty, as Kitex's constructors "WithAuth" have it.</summary>
    public string Prefix { get; set; } = DefaultPrefix;

    /// <summary>How long one request to one member may take. Default 3 s, as in Kitex; must be positive.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>A copy of valid options.</summary>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    internal ThriftEtcdOptions Snapshot()
    {
        Validate();
        var copy = (ThriftEtcdOptions)MemberwiseClone();
        copy.Endpoints = [.. Endpoints];
        return copy;
    }

    internal ThriftEtcdOptions WithEndpoints(IEnumerable<string> endpoints)
    {
        var copy = (ThriftEtcdOptions)MemberwiseClone();
        copy.Endpoints = [.. endpoints];
        return copy;
    }

    private void Validate()
    {
        ArgumentNullException.ThrowIfNull(Prefix);
        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(nameof(RequestTimeout), RequestTimeout, $"{nameof(RequestTimeout)} must be positive and at most 1 day. It cannot be unlimited: Timeout.InfiniteTimeSpan is not allowed here.");
        }

        if ((UserName is null) != (Password is null))
        {
            throw new ArgumentException($"{nameof(UserName)} and {nameof(Password)} must be set together.");
        }

        foreach (var endpoint in Endpoints)
        {
            EtcdAddress.Parse(endpoint, TlsOptions is not null);
        }
    }
}
