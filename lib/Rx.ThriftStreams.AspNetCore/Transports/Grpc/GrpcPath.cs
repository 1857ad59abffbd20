namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Paths of gRPC requests: <c>/package.Service/Method</c>. The package is not used to find the service, as in Kitex.</summary>
internal static class GrpcPath
{
    /// <returns><see langword="false"/> if there is no slash between a service and a method.</returns>
    internal static bool TryParse(string? path, out string service, out string method)
    {
        service = method = string.Empty;
        var text = path is ['/', ..] ? path.AsSpan(1) : path.AsSpan();
        var slash = text.LastIndexOf('/');
        if (slash < 0)
        {
            return false;
        }

        var qualified = text[..slash];
        service = qualified[(qualified.LastIndexOf('.') + 1)..].ToString();
        method = text[(slash + 1)..].ToString();
        return true;
    }
}
