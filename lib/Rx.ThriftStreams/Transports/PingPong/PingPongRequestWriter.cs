using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>Puts requests together: a Thrift message in the form of its transport, with all that the form can carry.</summary>
internal sealed class PingPongRequestWriter(PingPongForm form, ThriftChannelOptions options, bool multiplexed)
{
    /// <summary>Appends a request.</summary>
    /// <returns>The size of the arguments in bytes.</returns>
    internal int Write<TArguments>(ThriftWriteBuffer output, ThriftMethod method, int sequenceId, ClientCallStart start, TArguments arguments)
        where TArguments : class, IThriftStruct<TArguments>
    {
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        var message = rented.Value;
        if (form.IsFramed)
        {
            message.Skip(ThriftFraming.PrefixSize);
        }

        ThriftMessageEnvelope.Write(message, method.IsOneway ? ThriftMessageType.Oneway : ThriftMessageType.Call, method.Name, sequenceId);
        var bodyStart = message.Length;
        ThriftSerializer.Serialize(arguments, message);
        if (form.IsFramed)
        {
            ThriftFraming.WriteLength(message.GetWrittenSpan(0, ThriftFraming.PrefixSize), message.Length - ThriftFraming.PrefixSize);
        }

        if (form.HasHeader)
        {
            WriteHeader(output, method, sequenceId, start, message);
        }

        message.WrittenSpan.CopyTo(output.GetSpan(message.Length));
        output.Advance(message.Length);
        return message.Length - bodyStart;
    }

    private void WriteHeader(ThriftWriteBuffer output, ThriftMethod method, int sequenceId, ClientCallStart start, ThriftWriteBuffer message)
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
        if (start.Remaining is { } remaining)
        {
            header.AddInt(TTHeaderIntKey.RpcTimeout, (int)Math.Clamp(Math.Ceiling(remaining.TotalMilliseconds), 1, int.MaxValue));
        }

        foreach (var (name, value) in start.Headers)
        {
            header.AddString(name, value);
        }

        foreach (var (key, value) in start.MetaInfo.TransientValues)
        {
            header.AddString(TTHeaderStringKeys.TransientPrefix, key, value);
        }

        foreach (var (key, value) in start.MetaInfo.PersistentValues)
        {
            header.AddString(TTHeaderStringKeys.PersistentPrefix, key, value);
        }

        if (options.TTHeader.SendChecksums)
        {
            header.AddString(TTHeaderStringKeys.Crc32C, PayloadChecksum.Format(PayloadChecksum.Compute(message.WrittenSpan)));
        }

        // Last, so that no header of the user's can stand for it.
        header.AddString(TTHeaderStringKeys.ServiceName, method.ServiceName);
        header.WriteTo(output, message.Length);
    }
}
