namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Channels of tests: what they test must not depend on how busy the machine is.</summary>
internal static class PatientChannel
{
    private static readonly TimeSpan ShippedTimeout = new ThriftChannelOptions().Resilience.ConnectTimeout;

    /// <summary>As <see cref="ThriftChannel.ForAddress"/>; a connect timeout that was not set is half a minute.</summary>
    public static ThriftChannel ForAddress(string address, ThriftChannelOptions? options = null)
    {
        options ??= new();
        if (options.Resilience.ConnectTimeout == ShippedTimeout)
        {
            options.Resilience.ConnectTimeout = TimeSpan.FromSeconds(30);
        }

        return ThriftChannel.ForAddress(address, options);
    }
}
