using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Puts requests together: a Thrift message in the form of its transport, with all that the form can carry.</summary>
/// <remarks>The header is written first and the arguments are encoded right after it; the length and the checksum, which are known last, are filled in.</remarks>
internal sealed class PingPongRequestWriter(PingPongForm form, string authority, ThriftChannelOptions options, bool multiplexed)
{
    private const int ChecksumLength = 8;

    private readonly HttpRequestHead? _http = form.IsHttp ? new(options.DestinationService ?? authority, options.PingPong.HttpPath) : null;
    private readonly MessageCodec _codec = MessageCodec.For(options.PingPong);

    /// <summary>Writes a request.</summary>
    /// <param name="output">An empty buffer.</param>
    /// <param name="method">The method.</param>
    /// <param name="sequenceId">The call's number.</param>
    /// <param name="start">What the call carries.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="asks">Whether to ask the server if calls may share connections.</param>
    /// <returns>The size of the arguments in bytes.</returns>
    internal int Write<TArguments>(ThriftWriteBuffer output, ThriftMethod method, int sequenceId, ClientCallStart start, TArguments arguments, bool asks)
        where TArguments : class, IThriftStruct<TArguments>
    {
        var checksumEnd = form.HasHeader ? WriteHeader(output, method, sequenceId, start, asks) : 0;
        _http?.Write(output, start.Headers);
        var payloadStart = output.Length;
        if (form.IsFramed)
        {
            output.Skip(ThriftFraming.PrefixSize);
        }

        var messageStart = output.Length;
        var name = options.PingPong.SendServiceName && !form.HasHeader ? MultiplexedName.Join(method.ServiceName, method.Name) : method.Name;
        _codec.WriteEnvelope(output, method.IsOneway ? ThriftMessageType.Oneway : ThriftMessageType.Call, name, sequenceId);
        var bodyStart = output.Length;
        ThriftSerializer.Serialize(arguments, output, _codec.Protocol);
        var size = output.Length - bodyStart;
        _codec.WriteEnd(output);
        if (form.IsFramed)
        {
            ThriftFraming.WriteLength(output.GetWrittenSpan(payloadStart, ThriftFraming.PrefixSize), output.Length - messageStart);
        }

        if (_http is not null)
        {
            HttpRequestHead.PatchLength(output, payloadStart);
        }

        if (form.HasHeader)
        {
            TTHeaderFormat.PatchLength(output.GetWrittenSpan(0, TTHeaderFormat.FixedSize), payloadStart - TTHeaderFormat.FixedSize, output.Length - payloadStart);
        }

        if (checksumEnd > 0)
        {
            var checksum = PayloadChecksum.Compute(output.WrittenSpan[payloadStart..]);
            PayloadChecksum.Format(checksum, output.GetWrittenSpan(checksumEnd - ChecksumLength, ChecksumLength));
        }

        return size;
    }

    /// <summary>Writes that the caller gives up a call. It is a message like any other, so that whatever forwards messages understands it.</summary>
    /// <param name="output">An empty buffer.</param>
    /// <param name="sequenceId">The call's number.</param>
    internal static void WriteCancellation(ThriftWriteBuffer output, int sequenceId)
    {
        using var rented = PerThread<TTHeaderBuilder>.Rent();
        rented.Value
            .Reset(TTHeaderFlags.SupportsOutOfOrder, sequenceId, TTHeaderProtocolId.ThriftBinary)
            .AddInt(TTHeaderIntKey.MessageType, (int)ThriftMessageType.Oneway)
            .AddString(TTHeaderStringKeys.Cancel, "1"u8)
            .WriteTo(output, 0);
        var start = output.Length;
        MessageCodec.StrictBinary.WriteEnvelope(output, ThriftMessageType.Oneway, "cancel", sequenceId);
        ThriftSerializer.Serialize(default(EmptyStruct), output);
        TTHeaderFormat.PatchLength(output.GetWrittenSpan(0, TTHeaderFormat.FixedSize), start - TTHeaderFormat.FixedSize, output.Length - start);
    }

    /// <returns>Where the place of the checksum ends; 0 without one.</returns>
    private int WriteHeader(ThriftWriteBuffer output, ThriftMethod method, int sequenceId, ClientCallStart start, bool asks)
    {
        using var rented = PerThread<TTHeaderBuilder>.Rent();
        var header = rented.Value
            .Reset(multiplexed ? TTHeaderFlags.SupportsOutOfOrder : default, sequenceId, TTHeaderProtocolId.ThriftBinary)
            .AddInt(TTHeaderIntKey.TransportType, form.IsFramed ? "framed" : "unframed")
            .AddInt(TTHeaderIntKey.FromService, options.ServiceName ?? string.Empty)
            .AddInt(TTHeaderIntKey.FromMethod, start.CallerMethod)
            .AddInt(TTHeaderIntKey.ToService, options.DestinationService ?? string.Empty)
            .AddInt(TTHeaderIntKey.ToMethod, method.Name)
            .AddInt(TTHeaderIntKey.MessageType, (int)(method.IsOneway ? ThriftMessageType.Oneway : ThriftMessageType.Call));
        if (start.RemainingMilliseconds() is { } milliseconds)
        {
            header.AddInt(TTHeaderIntKey.RpcTimeout, milliseconds);
        }

        header.AddPairs(start);
        var checksumEnd = 0;
        if (options.TTHeader.SendChecksums)
        {
            header.AddString(TTHeaderStringKeys.Crc32C, "00000000"u8);
            checksumEnd = header.StringsEnd;
        }

        if (asks)
        {
            header.AddString(TTHeaderStringKeys.Multiplex, "1"u8);
        }

        // Last, so that no header of the user's can take its place.
        header.AddString(TTHeaderStringKeys.ServiceName, method.ServiceName);
        header.WriteTo(output, 0);
        return checksumEnd;
    }
}
