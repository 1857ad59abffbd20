namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>A feature of calls that the rate limiter of ASP.NET Core rejected.</summary>
internal sealed class RateRefusal
{
    private RateRefusal()
    {
    }

    internal static RateRefusal Instance { get; } = new();
}
