using System.Collections;
using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>Channels and servers keep a copy of their options, and refuse values that make no sense.</summary>
public class OptionsSnapshotTests
{
    [Fact]
    public void Channel_OptionsChangedAfterTheCopy_KeepsWhatItHad()
    {
        var options = new ThriftChannelOptions { TlsOptions = new(), Resilience = { OutlierEjection = new() }, Discovery = { Schemes = { ["x"] = ThriftResolvers.Dns } }, Defaults = new() { Headers = [], MetaInfo = new() } };
        AssertIndependent(options, options.Snapshot());
    }

    [Fact]
    public void Server_OptionsChangedAfterTheCopy_KeepsWhatItHad()
    {
        var options = new ThriftServerOptions();
        AssertIndependent(options, options.Snapshot());
    }

    [Fact]
    public void Tls_EachSetting_IsCopied()
    {
        using var certificate = TestCertificate.Create("echo.internal");
        var tls = new SslClientAuthenticationOptions
        {
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust },
            CertificateRevocationCheckMode = X509RevocationMode.Offline,
            ClientCertificates = [certificate],
            EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls13,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            TargetHost = "echo.internal",
        };
        if (OperatingSystem.IsLinux())
        {
            tls.AllowRsaPkcs1Padding = false;
            tls.AllowRsaPssPadding = false;
            tls.CipherSuitesPolicy = new([TlsCipherSuite.TLS_AES_128_GCM_SHA256]);
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null);
        }

        var copy = tls.Snapshot();

        // What other systems do not support cannot be set there.
        string[] left = OperatingSystem.IsLinux() ? ["EncryptionPolicy"] : ["EncryptionPolicy", "AllowRsaPkcs1Padding", "AllowRsaPssPadding", "CipherSuitesPolicy", "ClientCertificateContext"];
        var standard = new SslClientAuthenticationOptions();
        foreach (var property in typeof(SslClientAuthenticationOptions).GetProperties().Where(p => !left.Contains(p.Name)))
        {
            // A setting that this test does not set could be forgotten by the copy.
            var value = property.GetValue(tls);
            Assert.False(Equals(property.GetValue(standard), value), $"{property.Name} is not set by this test.");
            AssertSame(property, value, property.GetValue(copy));
        }
    }

    [Fact]
    public async Task ForAddress_OptionsChangedAfterwards_HaveNoEffect()
    {
        var clock = new FakeTimeProvider();
        var options = new ThriftChannelOptions
        {
            Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan },
            Defaults = new() { Timeout = TimeSpan.Zero, Headers = [] },
            TimeProvider = clock,
        };
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", options);
        options.Defaults = new();
        options.StreamMiddleware.Add((_, _) => throw new InvalidOperationException("It was added too late."));

        var error = await Assert.ThrowsAsync<ThriftTimeoutException>(() => new TestServiceClient(channel).EchoPingPongAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal(TimeSpan.Zero, error.Configured);
    }

    [Fact]
    public async Task Client_HeadersChangedAfterwards_AreNotSent()
    {
        var headers = new ThriftMetadata { { "k", "early" } };
        ThriftMetadata? sent = null;
        var options = new ThriftChannelOptions { StreamMiddleware = { (context, next) => { sent = context.RequestHeaders; return next(); } } };
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", options);
        var client = new TestServiceClient(channel, new() { Headers = headers });
        headers.Add("k", "late");

        await Assert.ThrowsAsync<ThriftConnectException>(() => client.EchoPingPongAsync(new(), TestContext.Current.CancellationToken));

        Assert.Equal(["early"], sent!.Where(pair => pair.Key == "k").Select(pair => pair.Value));
    }

    [Fact]
    public async Task Server_ValueThatMakesNoSense_DoesNotStartAndNamesTheOption()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => ThriftServer.StartAsync("127.0.0.1:0", setup => setup
                .AddService<ITestService>(new EchoService())
                .Configure(options => options.Limits.FrameTimeout = TimeSpan.Zero)));

        Assert.StartsWith("Limits.FrameTimeout must be positive", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Limits.MaxReceiveMessageSize")]
    [InlineData("Resilience.ConnectTimeout")]
    [InlineData("Resilience.ConnectRetry.MaxAttempts")]
    [InlineData("Resilience.CircuitBreaker.FailureRatio")]
    [InlineData("Resilience.CircuitBreaker.MinimumThroughput")]
    [InlineData("Resilience.CircuitBreaker.SamplingDuration")]
    [InlineData("Resilience.CircuitBreaker.BreakDuration")]
    [InlineData("Resilience.OutlierEjection.ConsecutiveFailures")]
    [InlineData("Resilience.OutlierEjection.EjectionTime")]
    [InlineData("Resilience.OutlierEjection.MaxEjectedShare")]
    [InlineData("Discovery.RefreshInterval")]
    [InlineData("Discovery.DrainTimeout")]
    [InlineData("Connections.MaxPerEndpoint")]
    [InlineData("Connections.MaxPipelinedCalls")]
    [InlineData("Connections.IdleTimeout")]
    [InlineData("TTHeader.StreamBuffers.StreamBytes")]
    [InlineData("Limits.MaxConnectionMemory")]
    public void ForAddress_ValueThatMakesNoSense_NamesTheOption(string name)
    {
        var options = new ThriftChannelOptions { Resilience = { OutlierEjection = new() } };
        object owner = options;
        var path = name.Split('.');
        foreach (var group in path[..^1])
        {
            owner = owner.GetType().GetProperty(group)!.GetValue(owner)!;
        }

        var option = owner.GetType().GetProperty(path[^1])!;
        option.SetValue(owner, Activator.CreateInstance(option.PropertyType));

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ThriftChannel.ForAddress("grpc://127.0.0.1:1", options));

        Assert.StartsWith(name + " must be", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IdleTimeout_Infinite_IsLongerThanAnyIdleTime()
        => Assert.Equal(TimeSpan.MaxValue, new ThriftChannelOptions { Connections = { IdleTimeout = Timeout.InfiniteTimeSpan } }.Snapshot().Connections.IdleTimeout);

    /// <summary>The copy has every value of the original, and shares nothing with it that can be changed.</summary>
    private static void AssertIndependent(object original, object copy)
    {
        foreach (var property in original.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0))
        {
            var (value, copied) = (property.GetValue(original), property.GetValue(copy));
            AssertSame(property, value, copied);
            if (value is not null && property.PropertyType.Namespace is "Rx.ThriftStreams" or "Rx.ThriftStreams.AspNetCore" && property.PropertyType.IsClass)
            {
                Assert.False(ReferenceEquals(value, copied), $"{property.DeclaringType!.Name}.{property.Name} is shared.");
                AssertIndependent(value!, copied!);
            }
        }
    }

    private static void AssertSame(PropertyInfo property, object? value, object? copied)
    {
        var name = $"{property.DeclaringType!.Name}.{property.Name}";
        if (value is TimeProvider or ILoggerFactory or Delegate or null || property.PropertyType.IsValueType || value is string or CipherSuitesPolicy or SslStreamCertificateContext)
        {
            Assert.True(Equals(value, copied), $"{name} was not copied.");
        }
        else
        {
            Assert.False(ReferenceEquals(value, copied), $"{name} is shared.");
            Assert.True(copied is not null, $"{name} was not copied.");
            if (value is IEnumerable elements)
            {
                Assert.Equal(elements.Cast<object>(), ((IEnumerable)copied).Cast<object>());
            }
        }
    }
}
