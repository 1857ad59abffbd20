using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Threading.Tasks.Sources;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>The answer to one ping-pong call, taken out of the connection's buffer where it lies.</summary>
/// <remarks>
/// On a shared connection its call waits for it by <see cref="WhenAnsweredAsync"/>, once. The thread that removes the reply from the connection's table completes it, so it
/// is completed once.
/// </remarks>
internal abstract class PingPongReply(ThriftMethod method, int sequenceId) : IValueTaskSource<bool>
{
    // Callers continue on the thread pool and not on the connection's reader.
    private ManualResetValueTaskSourceCore<bool> _answered = new() { RunContinuationsAsynchronously = true };
    private ThriftException? _bizError;
    private string? _status;
    private int _left;
    private bool _hasHeader;

    internal int SequenceId { get; } = sequenceId;

    /// <summary>Whether the answer, if there is one, holds nothing.</summary>
    internal bool IsOneway => method.IsOneway;

    /// <summary>Why there is no result; <see langword="null"/> if there is one.</summary>
    internal ThriftException? Error { get; private set; }

    /// <summary>All string pairs of the answer's TTHeader: Kitex takes them as backward metainfo, whatever they are.</summary>
    internal IReadOnlyDictionary<string, string> Backward { get; private set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Whether the connection may carry another call: not after an exception, nor when the server says that it closes.</summary>
    internal bool KeepsConnection { get; private set; } = true;

    /// <summary>Whether the server closes the connection after this answer.</summary>
    internal bool ServerCloses { get; private set; }

    /// <summary>Whether the request asked if calls may share connections.</summary>
    internal bool Asks { get; set; }

    /// <summary>Whether the server says that calls may share its connections.</summary>
    internal bool OffersMultiplexing { get; private set; }

    /// <summary>Whether the server was asked, and its answer does not say so: it is another server than the one that did.</summary>
    internal bool RefusesMultiplexing => Asks && _hasHeader && !OffersMultiplexing;

    /// <summary>Waits for the answer; fails if it is an error, or if none will come.</summary>
    internal ValueTask<bool> WhenAnsweredAsync() => new(this, _answered.Version);

    /// <summary>Whether its call may be counted as ended on a shared connection, which is done once.</summary>
    internal bool TryLeave() => Interlocked.Exchange(ref _left, 1) == 0;

    /// <summary>Wakes the call: the answer is here.</summary>
    internal void Complete() => _answered.SetResult(true);

    /// <summary>Wakes the call: no answer will come.</summary>
    internal void Complete(Exception reason) => _answered.SetException(reason);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _answered.GetResult(token);
        return Error is { } error ? throw error : true;
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _answered.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _answered.OnCompleted(continuation, state, token, flags);

    /// <summary>Whether the server asks not to use the connection any more.</summary>
    internal static bool AsksToReset(in TTHeaderFrame frame)
        => frame.TryGetString(TTHeaderStringKeys.ConnectionReadyToReset, out var reset) && reset.SequenceEqual("1"u8);

    internal void OnHeader(in TTHeaderFrame frame)
    {
        _hasHeader = true;
        if (!frame.HasStringPairs)
        {
            return;
        }

        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in frame.StringPairs)
        {
            pairs[Encoding.UTF8.GetString(pair.Key)] = Encoding.UTF8.GetString(pair.Value);
        }

        pairs.Remove("rx-status", out _status);
        OffersMultiplexing = pairs.Remove("rx-multiplex");
        Backward = pairs;
        ServerCloses = AsksToReset(frame);
        KeepsConnection = !ServerCloses;
        _bizError = BizStatus.Read(
            pairs.GetValueOrDefault(BizStatus.StatusKey),
            pairs.GetValueOrDefault(BizStatus.MessageKey, string.Empty),
            pairs.GetValueOrDefault(BizStatus.ExtraKey),
            int.TryParse(_status, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code) && code != 0 ? (ThriftStatusCode)code : ThriftStatusCode.Internal,
            (int)ApplicationErrorType.ProtocolError,
            ThriftMetadata.Empty);
    }

    /// <param name="message">A whole Thrift message.</param>
    /// <param name="limits">What the struct in it may take.</param>
    internal void OnMessage(in ReadOnlySequence<byte> message, MessageLimits limits)
    {
        try
        {
            Error = Read(message, limits) ?? _bizError;
        }
        catch (ThriftProtocolException error)
        {
            Error = error;
        }
        catch (OperationCanceledException)
        {
            Error = new ThriftStatusException(ThriftStatusCode.Cancelled, $"The answer to {method.FullName} was not read to its end: the call is over.");
        }

        // A business error and a declared exception are answers like any other; these mean that something is amiss.
        KeepsConnection &= Error is null or ThriftBizStatusException;
    }

    /// <summary>The answer is not read to its end.</summary>
    internal void Fail(ThriftException error)
    {
        Error = error;
        KeepsConnection = false;
    }

    /// <summary>The connection carries no other call after this answer.</summary>
    internal void EndConnection() => KeepsConnection = false;

    /// <summary>Decodes the result.</summary>
    protected abstract void ReadResult(in ReadOnlySequence<byte> body, MessageLimits limits, ThriftProtocol protocol);

    private ThriftException? Read(in ReadOnlySequence<byte> message, MessageLimits limits)
    {
        var codec = MessageCodec.Of(message);
        var envelope = codec.ReadEnvelope(message, out var body);
        if (body.Length > limits.MaxSize)
        {
            return limits.TooLarge(body.Length);
        }

        if (envelope.Type == ThriftMessageType.Exception)
        {
            var error = ThriftSerializer.Deserialize<ApplicationError>(body, codec.Protocol);
            return ReceivedErrors.Of(error, _status, new((int)error.Type, error.Message), ThriftMetadata.Empty);
        }

        if (envelope.Type != ThriftMessageType.Reply)
        {
            return WrongAnswer(
                ApplicationErrorType.InvalidMessageType,
                $"The answer to {method.FullName} is a message of type {(int)envelope.Type}, which is neither a reply nor an exception.",
                $"client side, invalid message type {(int)envelope.Type}");
        }

        // Names are ASCII as a rule, and then need no text made of them.
        if (!Ascii.Equals(envelope.Method, method.Name) && Encoding.UTF8.GetString(envelope.Method) is var name && name != method.Name)
        {
            return WrongAnswer(
                ApplicationErrorType.WrongMethodName,
                $"The answer to {method.FullName} is for the method {name}.",
                $"wrong method name, expect={method.Name}, actual={name}");
        }

        if (envelope.SequenceId != SequenceId)
        {
            return WrongAnswer(
                ApplicationErrorType.BadSequenceId,
                $"The answer to {method.FullName} has the sequence id {envelope.SequenceId}, not {SequenceId}: it belongs to another call.",
                $"method[{method.Name}] out of order sequence response, expect[{SequenceId}], receive[{envelope.SequenceId}]");
        }

        if (_bizError is null)
        {
            ReadResult(body, limits, codec.Protocol);
        }

        return null;
    }

    private static ThriftProtocolException WrongAnswer(ApplicationErrorType type, string message, string kitex)
        => new(message) { Kitex = new((int)type, kitex) };
}

/// <inheritdoc/>
/// <param name="method">The method that is called.</param>
/// <param name="sequenceId">The number of the call on its connection.</param>
/// <param name="start">The call.</param>
internal sealed class PingPongReply<TResult>(ThriftMethod method, int sequenceId, ClientCallStart start) : PingPongReply(method, sequenceId)
    where TResult : class, IThriftStruct<TResult>
{
    // Shorter ones are decoded before anybody could notice that their call is over.
    private const int LongBody = 64 * 1024;

    internal TResult? Result { get; private set; }

    internal int Size { get; private set; }

    protected override void ReadResult(in ReadOnlySequence<byte> body, MessageLimits limits, ThriftProtocol protocol)
    {
        Result = limits.Decode<TResult>(body, protocol, body.Length > LongBody ? start.Over : default);
        Size = (int)body.Length;
    }
}
