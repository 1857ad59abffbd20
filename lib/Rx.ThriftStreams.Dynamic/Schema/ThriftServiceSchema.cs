using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>A service of a schema.</summary>
public sealed class ThriftServiceSchema
{
    private readonly Lazy<string> _idl;
    private readonly Dictionary<string, ThriftMethodSchema> _methods = new(StringComparer.Ordinal);

    internal ThriftServiceSchema(string package, string name, IReadOnlyList<ThriftMethodSchema> methods, Lazy<string> idl)
    {
        Package = package;
        Name = name;
        Methods = methods;
        foreach (var method in methods)
        {
            _methods.TryAdd(method.Name, method);
        }

        _idl = idl;
        Descriptor = new ThriftServiceDescriptor<ThriftDynamicHandler>(package, name, binder => DynamicBinding.Bind(this, binder), () => Idl);
    }

    /// <summary>The package of the gRPC path; may be empty.</summary>
    public string Package { get; }

    /// <summary>The name in the IDL.</summary>
    public string Name { get; }

    /// <summary><c>package.Service</c>.</summary>
    public string FullName => Package.Length == 0 ? Name : $"{Package}.{Name}";

    /// <summary>The methods, inherited ones first.</summary>
    public IReadOnlyList<ThriftMethodSchema> Methods { get; }

    /// <summary>The service and all types that its calls need as one IDL file, without comments.</summary>
    public string Idl => _idl.Value;

    /// <summary>The service as a server maps it: <c>app.MapThriftService(service.Descriptor, handler)</c>.</summary>
    public ThriftServiceDescriptor<ThriftDynamicHandler> Descriptor { get; }

    /// <summary>The documentation comment in the IDL, if there is one.</summary>
    public string? Documentation { get; internal init; }

    /// <summary>Returns a method.</summary>
    /// <param name="name">Its name in the IDL.</param>
    /// <exception cref="ThriftSchemaException">There is no such method.</exception>
    public ThriftMethodSchema GetMethod(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _methods.TryGetValue(name, out var method)
            ? method
            : throw new ThriftSchemaException($"The service {Name} has no method \"{name}\"; it has {string.Join(", ", Methods.Select(static method => method.Name))}.");
    }

    /// <inheritdoc/>
    public override string ToString() => FullName;
}
