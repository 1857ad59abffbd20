using System.Runtime.CompilerServices;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The client of <c>Watch</c> of <see cref="HealthProtocol"/>.</summary>
internal static class GrpcHealth
{
    /// <summary>Far more than a status takes.</summary>
    internal const int MaxResponse = 4096;

    private static readonly Method<string, Status> Method = new(
        MethodType.ServerStreaming,
        HealthProtocol.Service,
        "Watch",
        Marshallers.Create<string>(WriteRequest, static _ => throw new NotSupportedException()),
        Marshallers.Create<Status>(static _ => throw new NotSupportedException(), ReadResponse));

    /// <summary>Whether the server serves, now and whenever that changes.</summary>
    /// <returns>Ends when the server ends the call with status 0.</returns>
    /// <exception cref="RpcException">The server, or the connection, ended the call.</exception>
    internal static async IAsyncEnumerable<bool> WatchAsync(GrpcChannel channel, string service, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = channel.CreateCallInvoker().AsyncServerStreamingCall(Method, null, new CallOptions(cancellationToken: cancellationToken), service);
        while (await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            yield return call.ResponseStream.Current.IsServing;
        }
    }

    /// <summary>Whether the server itself ended a call because it does not answer such questions, at least not to this client.</summary>
    internal static bool IsRefusal(Exception error) => error is RpcException { Status.DebugException: null, StatusCode: not StatusCode.Unavailable };

    private static byte[] WriteRequest(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        var message = new List<byte>(name.Length + 4) { HealthProtocol.ServiceTag };
        var length = (uint)name.Length;
        for (; length >= 0x80; length >>= 7)
        {
            message.Add((byte)(length | 0x80));
        }

        return [.. message, (byte)length, .. name];
    }

    private static Status ReadResponse(byte[] bytes)
    {
        ReadOnlySpan<byte> message = bytes;
        var isServing = false;
        while (!message.IsEmpty)
        {
            if (!ProtobufFields.TryRead(ref message, out var tag, out _, out var number))
            {
                throw new InvalidDataException("The message is not a HealthCheckResponse.");
            }

            if (tag == HealthProtocol.StatusTag)
            {
                isServing = number == (ulong)ServingStatus.Serving;
            }
        }

        return new(isServing);
    }

    private sealed record Status(bool IsServing);
}
