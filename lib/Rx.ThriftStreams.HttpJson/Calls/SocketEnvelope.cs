using System.Text.Json;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>The object around each message of a WebSocket: <c>{"message":…}</c>, or <c>{"end":{}}</c> after the last.</summary>
internal static class SocketEnvelope
{
    /// <summary>Takes the message out of a text; <see langword="null"/> for the end.</summary>
    /// <exception cref="ThriftStatusException">It is neither.</exception>
    internal static ReadOnlyMemory<byte>? Open(ReadOnlyMemory<byte> text, int maxDepth)
    {
        // One level for the envelope.
        var reader = new Utf8JsonReader(text.Span, new JsonReaderOptions { MaxDepth = maxDepth + 1 });
        try
        {
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isMessage = reader.ValueTextEquals("message"u8);
                var isEnd = reader.ValueTextEquals("end"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var end = (int)reader.BytesConsumed;
                if ((isMessage || isEnd) && reader.Read() && reader.TokenType == JsonTokenType.EndObject && !reader.Read())
                {
                    // Not by a conditional operator, which would turn null into empty memory.
                    if (isEnd)
                    {
                        return null;
                    }

                    return text[start..end];
                }
            }
        }
        catch (JsonException error)
        {
            throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, $"A message is not JSON: {error.Message}", error);
        }

        throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, "A message has to be an object with one member: \"message\", or \"end\" after the last.");
    }
}
