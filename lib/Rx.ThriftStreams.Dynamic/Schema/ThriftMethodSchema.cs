using System;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>A method of a schema.</summary>
public sealed class ThriftMethodSchema
{
    internal ThriftMethodSchema(ThriftMethod<ThriftDynamicMessage, ThriftDynamicMessage> method, ThriftStructSchema request, ThriftStructSchema response)
    {
        Method = method;
        Request = request;
        Response = response;
    }

    /// <summary>The method as <see cref="ThriftInvoker"/> and servers take it.</summary>
    public ThriftMethod<ThriftDynamicMessage, ThriftDynamicMessage> Method { get; }

    /// <summary>The name in the IDL.</summary>
    public string Name => Method.Name;

    /// <summary>How many messages each side sends.</summary>
    public ThriftStreamingMode Mode => Method.Mode;

    /// <summary>What the client sends: the struct of a streaming method, the arguments of any other.</summary>
    public ThriftStructSchema Request { get; }

    /// <summary>What the server sends: the struct of a streaming method, the result of any other.</summary>
    public ThriftStructSchema Response { get; }

    /// <summary>The documentation comment in the IDL, if there is one.</summary>
    public string? Documentation { get; internal init; }

    /// <summary>Attaches the schema to a response that was received by <see cref="ThriftInvoker"/>.</summary>
    /// <param name="response">The response.</param>
    /// <returns>The response.</returns>
    /// <exception cref="ThriftDynamicException">It is an exception that the method declares.</exception>
    public ThriftDynamicMessage Receive(ThriftDynamicMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Method.IsStreaming ? AttachResponse(response) : MethodResult.Received(this, response);
    }

    /// <summary>Attaches the schema to a request that was received.</summary>
    internal ThriftDynamicMessage AttachRequest(ThriftDynamicMessage request) => request.Attach(Request);

    /// <summary>Attaches the schema to a response that was received.</summary>
    internal ThriftDynamicMessage AttachResponse(ThriftDynamicMessage response) => response.Attach(Response);

    /// <inheritdoc/>
    public override string ToString() => Method.FullName;
}
