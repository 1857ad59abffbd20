namespace Rx.ThriftStreams.Tests.Support;

internal static class Bytes
{
    /// <summary>Bytes written as hexadecimal digits, with blanks anywhere.</summary>
    public static byte[] Of(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
