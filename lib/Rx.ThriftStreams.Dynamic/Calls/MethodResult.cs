using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>The result of a unary or ping-pong method: a value, nothing, or one of the declared exceptions.</summary>
internal static class MethodResult
{
    /// <summary>Returns a result with its schema.</summary>
    /// <exception cref="ThriftDynamicException">It is a declared exception.</exception>
    internal static ThriftDynamicMessage Received(ThriftMethodSchema method, ThriftDynamicMessage result)
    {
        var reader = new ThriftReader(result.Bytes.Span);
        reader.BeginStruct(memory: 0);
        while (reader.ReadFieldHeader(out var type, out short id))
        {
            if (type == VoidResult.Type)
            {
                continue;
            }

            int start = reader.Consumed;
            reader.Skip(type);
            if (id != 0 && type == ThriftType.Struct && method.Response.Find(id, 0)?.Type.Struct is { } exception)
            {
                throw new ThriftDynamicException(exception.Name, new ThriftDynamicMessage(reader.ConsumedSince(start).ToArray(), exception));
            }
        }

        return method.AttachResponse(result);
    }

    /// <summary>The result that holds a declared exception; <see langword="null"/> if the method does not declare it.</summary>
    internal static ThriftDynamicMessage? Of(ThriftMethodSchema method, ThriftDynamicException exception)
    {
        foreach (var field in method.Response.Fields)
        {
            if (field.Id != 0 && field.Type.Struct is { } type && (type.Name == exception.Name || field.Name == exception.Name))
            {
                using var buffer = new ThriftWriteBuffer();
                var writer = new ThriftWriter(buffer);
                writer.BeginStruct();
                writer.WriteFieldHeader(ThriftType.Struct, field.Id);
                writer.WriteRaw(exception.Value.Bytes.Span);
                writer.EndStruct();
                writer.Flush();
                return new ThriftDynamicMessage(buffer.WrittenSpan.ToArray(), method.Response);
            }
        }

        return null;
    }
}
