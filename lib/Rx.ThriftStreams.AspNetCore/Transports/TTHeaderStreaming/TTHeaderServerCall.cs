using System.Text;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>One call over TTHeader Streaming on the server.</summary>
internal sealed class TTHeaderServerCall : ServerTransportCall
{
    private readonly ServerFrameStream _stream;
    private readonly string _serviceName;
    private readonly ServerConnection _connection;
    private bool _headersWritten;

    internal TTHeaderServerCall(ServerFrameStream stream, ServerConnection connection, string serviceName, in TTHeaderFrame header)
    {
        _stream = stream;
        _connection = connection;
        _serviceName = serviceName;
        CallerService = Encoding.UTF8.GetString(header.FromService);
        if (header.TryGetInt(TTHeaderIntKey.DestinationAddress, out var destination))
        {
            Host = Encoding.UTF8.GetString(destination);
        }

        if (header.HasStringPairs)
        {
            Read(header);
        }

        if (header.TryGetString(FlowControlKeys.Timeout, out var text) && FlowControlKeys.TryParse(text, out var milliseconds))
        {
            Timeout = TimeSpan.FromMilliseconds(milliseconds);
        }
    }

    internal override string Transport => TTHeaderStreamingTransport.Descriptor.Name;

    internal override string Peer => _stream.Connection.Peer;

    internal override ThriftServerConnection Connection => _connection;

    internal override bool IsOverConnectionLimit => _connection.IsOverLimit;

    internal override string? Host { get; }

    internal override string CallerService { get; }

    internal override ThriftMetadata RequestHeaders { get; } = new();

    internal override ThriftMetaInfo MetaInfo { get; } = new();

    internal override TimeSpan? Timeout { get; }

    internal override CancellationToken Aborted => _stream.Aborted;

    internal override ThriftException AbortReason => _stream.Reason ?? base.AbortReason;

    internal override ThriftException? HandlerEndedReason => ServerFrameStream.HandlerReturned();

    internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        => new TTHeaderServerStream<TRequest, TResponse>(this, _stream);

    internal override ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        WriteHeaders(headers);
        return default;
    }

    /// <summary>Sends the headers once, before anything else.</summary>
    internal void WriteHeaders(ThriftMetadata headers)
    {
        if (_headersWritten || _stream.IsReplaced)
        {
            return;
        }

        var buffer = FrameBuffer.Rent();
        try
        {
            AddHeaders(buffer, headers);
            _headersWritten = true;
            _stream.Connection.Writer.AppendControl(buffer.Bytes.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }

    internal override ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers)
    {
        if (_stream.IsReplaced)
        {
            _stream.OnHandlerEnded();
            return default;
        }

        var end = KitexAnswer.Of(outcome, KitexProtocol.Streaming, $"{_serviceName}.{MethodName}", cancelled: _stream.Reason);
        try
        {
            WriteEnd(end, headers, trailers);
        }
        catch (ThriftProtocolException error)
        {
            // Headers or trailers that do not fit into a frame: the caller receives that instead.
            WriteEnd(KitexAnswer.Failed(error), ThriftMetadata.Empty, ThriftMetadata.Empty);
        }

        _stream.OnHandlerEnded();
        return default;
    }

    /// <summary>Ends a call that never reached its handler, or failed after it.</summary>
    internal ValueTask FailAsync() => CompleteAsync(
        new ServerCallOutcome(new ThriftStatusException(ThriftStatusCode.Internal, "internal error"), ServerFaultOrigin.Framework, RevealDetails: false),
        ThriftMetadata.Empty,
        ThriftMetadata.Empty);

    private string MethodName => _stream.Templates.Method;

    private void WriteEnd(in KitexAnswer end, ThriftMetadata headers, ThriftMetadata trailers)
    {
        var buffer = FrameBuffer.Rent();
        try
        {
            if (!_headersWritten)
            {
                AddHeaders(buffer, headers);
            }

            end.WriteTrailer(buffer, _stream.Id, MethodName, trailers);
            _headersWritten = true;
            _stream.Connection.Writer.AppendControl(buffer.Bytes.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }

    private void AddHeaders(FrameBuffer buffer, ThriftMetadata headers)
    {
        var frame = buffer.Begin(TTHeaderFrameType.Header, _stream.Id, MethodName);
        foreach (var (name, value) in headers)
        {
            frame.AddString(name, value);
        }

        buffer.End();
    }

    private void Read(in TTHeaderFrame header)
    {
        foreach (var pair in header.StringPairs)
        {
            if (!pair.Key.SequenceEqual(TTHeaderStringKeys.ServiceName) && !FlowControlKeys.IsOne(pair.Key))
            {
                RequestPairs.Read(pair.Key, pair.Value, MetaInfo, RequestHeaders);
            }
        }
    }
}
