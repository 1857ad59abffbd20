using Rx.ThriftStreams.Serialization;

namespace Demo.Echo;

public sealed class Request : IThriftStruct<Request>
{
    public string? Message { get; set; }

    public static Request Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new Request();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            switch (id)
            {
                case 1 when type == ThriftType.String: value.Message = reader.ReadString(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        if (Message is { } message_) { writer.WriteStringField(1, message_); }
        writer.EndStruct();
    }
}

public sealed class Response : IThriftStruct<Response>
{
    public string? Message { get; set; }

    public static Response Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new Response();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            switch (id)
            {
                case 1 when type == ThriftType.String: value.Message = reader.ReadString(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        if (Message is { } message_) { writer.WriteStringField(1, message_); }
        writer.EndStruct();
    }
}

internal sealed class TestServiceEchoUnaryArgs : IThriftStruct<TestServiceEchoUnaryArgs>
{
    public Request? Req { get; set; }

    public static TestServiceEchoUnaryArgs Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new TestServiceEchoUnaryArgs();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            switch (id)
            {
                case 1 when type == ThriftType.Struct: value.Req = Request.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        if (Req is { } req_) { writer.WriteFieldHeader(ThriftType.Struct, 1); req_.Write(ref writer); }
        writer.EndStruct();
    }
}

internal sealed class TestServiceEchoUnaryResult : IThriftStruct<TestServiceEchoUnaryResult>
{
    public Response? Success { get; set; }

    public static TestServiceEchoUnaryResult Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new TestServiceEchoUnaryResult();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            switch (id)
            {
                case 0 when type == ThriftType.Struct: value.Success = Response.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        if (Success is { } success_) { writer.WriteFieldHeader(ThriftType.Struct, 0); success_.Write(ref writer); }
        writer.EndStruct();
    }
}

internal sealed class TestServiceEchoPingPongArgs : IThriftStruct<TestServiceEchoPingPongArgs>
{
    public Request? Req { get; set; }

    public static TestServiceEchoPingPongArgs Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new TestServiceEchoPingPongArgs();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            switch (id)
            {
                case 1 when type == ThriftType.Struct: value.Req = Request.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        if (Req is { } req_) { writer.WriteFieldHeader(ThriftType.Struct, 1); req_.Write(ref writer); }
        writer.EndStruct();
    }
}

internal sealed class TestServiceEchoPingPongResult : IThriftStruct<TestServiceEchoPingPongResult>
{
    public Response? Success { get; set; }

    public static TestServiceEchoPingPongResult Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new TestServiceEchoPingPongResult();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            switch (id)
            {
                case 0 when type == ThriftType.Struct: value.Success = Response.Read(ref reader); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        if (Success is { } success_) { writer.WriteFieldHeader(ThriftType.Struct, 0); success_.Write(ref writer); }
        writer.EndStruct();
    }
}
