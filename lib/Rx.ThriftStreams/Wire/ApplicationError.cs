using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Thrift's own exception (TApplicationException), as carried by an EXCEPTION message.</summary>
/// <param name="Type">The number of its kind; peers may send numbers that are not listed.</param>
/// <param name="Message">The text.</param>
internal readonly record struct ApplicationError(ApplicationErrorType Type, string Message) : IThriftStruct<ApplicationError>
{
    /// <summary>Reads it. Missing fields are empty and 0; unknown ones are skipped.</summary>
    public static ApplicationError Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var message = string.Empty;
        var type = 0;
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var fieldType, out var id))
        {
            switch (id, fieldType)
            {
                case (1, ThriftType.String):
                    message = reader.ReadString();
                    break;
                case (2, ThriftType.I32):
                    type = reader.ReadI32();
                    break;
                default:
                    reader.Skip(fieldType);
                    break;
            }
        }

        reader.EndStruct();
        return new((ApplicationErrorType)type, message);
    }

    /// <inheritdoc/>
    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteStringField(1, Message);
        writer.WriteI32Field(2, (int)Type);
        writer.EndStruct();
    }
}

/// <summary>The kinds of <see cref="ApplicationError"/>: Thrift's own, and those that Kitex adds.</summary>
internal enum ApplicationErrorType
{
    Unknown = 0,
    UnknownMethod = 1,
    InvalidMessageType = 2,
    WrongMethodName = 3,
    BadSequenceId = 4,
    MissingResult = 5,

    /// <summary>The handler failed.</summary>
    InternalError = 6,

    /// <summary>The message cannot be decoded.</summary>
    ProtocolError = 7,
    InvalidTransform = 8,
    InvalidProtocol = 9,
    UnsupportedClientType = 10,

    /// <summary>Kitex: the service is unknown.</summary>
    UnknownService = 20,

    /// <summary>Kitex: the request does not name a service.</summary>
    NoServiceName = 21,
}
