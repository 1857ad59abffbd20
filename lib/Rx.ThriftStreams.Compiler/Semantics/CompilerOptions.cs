namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>The sides of a service for which code is generated.</summary>
internal enum ServiceSides
{
    Both,
    Client,
    Server,
}

/// <summary>The options of a file. Equal by value.</summary>
internal sealed record CompilerOptions
{
    public static CompilerOptions Default { get; } = new();

    /// <summary>Overrides the C# namespace of the file.</summary>
    public string? Namespace { get; init; }

    /// <summary>Overrides the package of the gRPC path; empty for none.</summary>
    public string? Package { get; init; }

    /// <summary>Whether methods of services end in <c>Async</c>.</summary>
    public bool AsyncSuffix { get; init; } = true;

    public ServiceSides Sides { get; init; }

    /// <summary>Whether messages keep unknown fields and write them back.</summary>
    public bool PreserveUnknownFields { get; init; }

    /// <summary>Whether Apache Thrift's semantics apply where they differ from thriftgo's.</summary>
    public bool Apache { get; init; }
}
