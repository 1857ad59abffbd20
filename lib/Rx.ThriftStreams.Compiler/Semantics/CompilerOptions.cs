namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Which side of a service gets code.</summary>
internal enum ServiceSides
{
    Both,
    Client,
    Server,
}

/// <summary>What can be chosen for a file. Equal by value.</summary>
internal sealed record CompilerOptions
{
    public static CompilerOptions Default { get; } = new();

    /// <summary>The C# namespace, in place of what the file says.</summary>
    public string? Namespace { get; init; }

    /// <summary>The package of the gRPC path, in place of what the file says; empty for none.</summary>
    public string? Package { get; init; }

    /// <summary>Whether methods of services end in <c>Async</c>.</summary>
    public bool AsyncSuffix { get; init; } = true;

    public ServiceSides Sides { get; init; }

    /// <summary>Whether messages keep fields that the IDL does not know and write them back.</summary>
    public bool PreserveUnknownFields { get; init; }

    /// <summary>Whether Apache Thrift's meaning wins over thriftgo's where they differ.</summary>
    public bool Apache { get; init; }
}
