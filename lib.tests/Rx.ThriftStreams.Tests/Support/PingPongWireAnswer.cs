using System.Buffers;
using System.Text;
using System.Text.Json;
using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>An answer on the wire, decoded without a schema.</summary>
/// <param name="Form">What it was wrapped in.</param>
/// <param name="Type">The envelope's type.</param>
/// <param name="Method">The envelope's name.</param>
/// <param name="SequenceId">The envelope's number.</param>
/// <param name="FrameSequenceId">The TTHeader's number; 0 without one.</param>
/// <param name="MessageType">The TTHeader's int 22; empty without one.</param>
/// <param name="Body">The struct as text.</param>
/// <param name="Pairs">The TTHeader's string pairs, sorted.</param>
internal sealed record PingPongWireAnswer(
    string Form, ThriftMessageType Type, string Method, int SequenceId, int FrameSequenceId, string MessageType, string Body, string Pairs)
{
    /// <summary>All answers that are complete.</summary>
    internal static List<PingPongWireAnswer> ReadAll(byte[] bytes)
    {
        var answers = new List<PingPongWireAnswer>();
        var buffer = new ReadOnlySequence<byte>(bytes);
        while (TryRead(ref buffer, out var answer))
        {
            answers.Add(answer!);
        }

        return answers;
    }

    private static bool TryRead(ref ReadOnlySequence<byte> buffer, out PingPongWireAnswer? answer)
    {
        answer = null;
        ReadOnlySequence<byte> message;
        switch (ProtocolDetector.DetectMessage(buffer))
        {
            case WireProtocol.NeedMore:
                return false;

            case WireProtocol.Framed:
                if (!ThriftFraming.TryRead(ref buffer, int.MaxValue, out message, out _))
                {
                    return false;
                }

                answer = Of("framed", message, 0, string.Empty, string.Empty);
                return true;

            case WireProtocol.Buffered:
                if (!new ThriftMessageScanner(int.MaxValue).TryScan(buffer, out var length))
                {
                    return false;
                }

                answer = Of("buffered", buffer.Slice(0, length), 0, string.Empty, string.Empty);
                buffer = buffer.Slice(length);
                return true;

            case WireProtocol.TTHeader:
                if (!new TTHeaderFrameReader().TryRead(ref buffer, out var frame))
                {
                    return false;
                }

                var pairs = new SortedSet<string>(StringComparer.Ordinal);
                foreach (var pair in frame.StringPairs)
                {
                    if (pair.Key.SequenceEqual(TTHeaderStringKeys.Status))
                    {
                        // A private pair, which no recording has.
                        continue;
                    }

                    var (key, value) = (Encoding.UTF8.GetString(pair.Key), Encoding.UTF8.GetString(pair.Value));
                    pairs.Add($"{key}={(key == "biz-extra" ? Canonical(value) : value)}");
                }

                message = ProtocolDetector.GetMessage(frame.Payload, out var framed);
                answer = Of(framed ? "ttheaderframed" : "ttheader", message, frame.SequenceId, Encoding.UTF8.GetString(frame.MessageType), string.Join(", ", pairs));
                return true;

            case var other:
                throw new FormatException($"The answer is {other}.");
        }
    }

    private static PingPongWireAnswer Of(string form, in ReadOnlySequence<byte> message, int frameSequenceId, string messageType, string pairs)
    {
        var envelope = ThriftMessageEnvelope.Read(message, out var body);
        return new(
            form, envelope.Type, Encoding.UTF8.GetString(envelope.Method), envelope.SequenceId, frameSequenceId, messageType, Canonical(ThriftText.OfStruct(body.ToArray())), pairs);
    }

    /// <summary>The order of fields, of a map's or set's elements and of an object's members says nothing.</summary>
    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Canonical(document.RootElement, isOrdered: false);
    }

    private static string Canonical(JsonElement element, bool isOrdered)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                var items = element.EnumerateArray().Select(item => Canonical(item, IsPair(item)));
                return $"[{string.Join(',', isOrdered ? items : items.Order(StringComparer.Ordinal))}]";

            case JsonValueKind.Object:
                var members = element.EnumerateObject().Select(member => $"{member.Name}:{Canonical(member.Value, member.Name.StartsWith("list<", StringComparison.Ordinal))}");
                return $"{{{string.Join(',', members.Order(StringComparer.Ordinal))}}}";

            default:
                return element.GetRawText();
        }
    }

    /// <summary>A key and its value, and not the fields of a struct.</summary>
    private static bool IsPair(JsonElement item)
        => item.ValueKind == JsonValueKind.Array
            && item.GetArrayLength() == 2
            && item.EnumerateArray().Any(part => part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("f", out _));
}
