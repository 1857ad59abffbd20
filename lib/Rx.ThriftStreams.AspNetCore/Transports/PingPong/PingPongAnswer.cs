using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Puts an answer together, in the form of its request. The message is encoded once, after room for the header, which is known last.</summary>
internal sealed class PingPongAnswer(PingPongRequest request) : IDisposable
{
    // Room for the message type and the pairs that most answers have. A larger header costs a copy of the message.
    private const int HeaderRoom = 256;

    private readonly ThriftWriteBuffer _message = new();
    private List<KeyValuePair<string, string>>? _pairs;
    private ThriftMessageType _type = ThriftMessageType.Reply;
    private int _start;

    internal PingPongRequest Request { get; } = request;

    /// <summary>Whether there is a message.</summary>
    internal bool IsSet => _message.Length > 0;

    private bool IsFramed => Request.Form.IsFramed;

    internal void AddPairs(IReadOnlyCollection<KeyValuePair<string, string>> pairs)
    {
        if (Request.HasHeader && pairs.Count > 0)
        {
            (_pairs ??= []).AddRange(pairs);
        }
    }

    /// <summary>Sets the result.</summary>
    /// <returns>The size of its struct in bytes.</returns>
    internal int SetResult<T>(T result)
        where T : IThriftStruct<T>
    {
        Begin(ThriftMessageType.Reply);
        return SetStruct(result);
    }

    /// <summary>Sets a result without fields.</summary>
    internal void SetEmptyResult()
    {
        Begin(ThriftMessageType.Reply);
        SetStruct(default(EmptyStruct));
    }

    /// <summary>An error: an exception message, or for a business error pairs beside an empty result. Forms without a header lose the pairs, as in Kitex.</summary>
    internal void SetError(in KitexAnswer error)
    {
        if (error.Text is { } text)
        {
            Begin(ThriftMessageType.Exception);
            SetStruct(new ApplicationError((ApplicationErrorType)error.Number, text));
        }
        else
        {
            SetEmptyResult();
        }

        if (Request.HasHeader)
        {
            error.AddPairsTo(_pairs ??= []);
        }
    }

    /// <summary>Completes the answer.</summary>
    /// <param name="closes">Whether the connection is closed after it, which the caller is told where the form can.</param>
    /// <returns>The whole answer; valid until disposal.</returns>
    internal ReadOnlyMemory<byte> Finish(bool closes)
    {
        if (IsFramed)
        {
            ThriftFraming.WriteLength(_message.GetWrittenSpan(_start, ThriftFraming.PrefixSize), _message.Length - _start - ThriftFraming.PrefixSize);
        }

        if (!Request.HasHeader)
        {
            return _message.WrittenMemory;
        }

        using var rented = PerThread<TTHeaderBuilder>.Rent();
        var header = rented.Value
            .Reset(default, Request.SequenceId, TTHeaderProtocolId.ThriftBinary)
            .AddInt(TTHeaderIntKey.MessageType, (int)_type);
        if (_pairs is { } pairs)
        {
            foreach (var (key, value) in pairs)
            {
                header.AddString(key, value);
            }
        }

        if (Request.AsksToMultiplex)
        {
            header.AddString(TTHeaderStringKeys.Multiplex, "1"u8);
        }

        if (closes)
        {
            header.AddString(TTHeaderStringKeys.ConnectionReadyToReset, "1"u8);
        }

        var payloadLength = _message.Length - _start;
        if (header.Length > _start)
        {
            MakeRoom(header.Length);
        }

        var from = _start - header.Length;
        header.WriteTo(_message.GetWrittenSpan(from, header.Length), payloadLength);
        return _message.WrittenMemory[from..];
    }

    public void Dispose() => _message.Dispose();

    private void Begin(ThriftMessageType type)
    {
        _type = type;
        _message.Reset();
        _message.Skip(Request.HasHeader ? HeaderRoom : 0);
        _start = _message.Length;
        if (IsFramed)
        {
            _message.Skip(ThriftFraming.PrefixSize);
        }

        Request.Codec.WriteEnvelope(_message, type, Request.Method, Request.SequenceId);
    }

    private int SetStruct<T>(T value)
        where T : IThriftStruct<T>
    {
        var start = _message.Length;
        ThriftSerializer.Serialize(value, _message, Request.Codec.Protocol);
        var size = _message.Length - start;
        Request.Codec.WriteEnd(_message);
        return size;
    }

    private void MakeRoom(int size)
    {
        var more = size - _start;
        var length = _message.Length - _start;
        _message.Skip(more);
        var bytes = _message.GetWrittenSpan(0, _message.Length);
        bytes.Slice(_start, length).CopyTo(bytes[size..]);
        _start = size;
    }
}
