using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Puts an answer together, in the form of its request.</summary>
[SuppressMessage("Design", "CA1001", Justification = "WriteTo, which every answer comes to, gives the memory back.")]
internal sealed class PingPongAnswer(PingPongRequest request)
{
    private readonly List<KeyValuePair<string, string>> _pairs = [];
    private readonly ThriftWriteBuffer _message = new();
    private ThriftMessageType _type = ThriftMessageType.Reply;

    internal PingPongRequest Request { get; } = request;

    internal void AddPairs(IEnumerable<KeyValuePair<string, string>> pairs) => _pairs.AddRange(pairs);

    /// <param name="result">The result's struct; empty for one without fields.</param>
    internal void SetResult(ReadOnlySpan<byte> result)
    {
        Begin(ThriftMessageType.Reply);
        ReadOnlySpan<byte> emptyStruct = [(byte)ThriftType.Stop];
        Append(result.IsEmpty ? emptyStruct : result);
    }

    /// <summary>An error: an exception message, or for a business error pairs beside an empty result. Forms without a header lose the pairs, as in Kitex.</summary>
    internal void SetError(in KitexAnswer error)
    {
        if (error.Text is { } text)
        {
            Begin(ThriftMessageType.Exception);
            ApplicationExceptionCodec.Write(_message, (ApplicationErrorType)error.Number, text);
        }
        else
        {
            SetResult([]);
        }

        error.AddPairsTo(_pairs);
    }

    /// <summary>Appends the whole answer.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="closes">Whether the connection is closed behind it, which the caller is told where the form can.</param>
    internal void WriteTo(ThriftWriteBuffer output, bool closes)
    {
        var framed = Request.Form.IsFramed;
        var payloadLength = _message.Length + (framed ? ThriftFraming.PrefixSize : 0);
        if (Request.HasHeader)
        {
            using var rented = PerThread<TTHeaderBuilder>.Rent();
            var header = rented.Value
                .Reset(default, Request.SequenceId, TTHeaderProtocolId.ThriftBinary)
                .AddInt(TTHeaderIntKey.MessageType, (int)_type);
            foreach (var (key, value) in _pairs)
            {
                header.AddString(key, value);
            }

            if (closes)
            {
                header.AddString("crrst", "1");
            }

            header.WriteTo(output, payloadLength);
        }

        if (framed)
        {
            ThriftFraming.WriteLength(output, _message.Length);
        }

        _message.WrittenSpan.CopyTo(output.GetSpan(_message.Length));
        output.Advance(_message.Length);
        _message.Dispose();
    }

    private void Begin(ThriftMessageType type)
    {
        _type = type;
        _message.Reset();
        ThriftMessageEnvelope.Write(_message, type, Request.Method, Request.SequenceId);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_message.GetSpan(bytes.Length));
        _message.Advance(bytes.Length);
    }
}
