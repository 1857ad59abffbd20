using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>The services and types of IDL that was loaded at run time. Immutable and thread-safe.</summary>
public sealed class ThriftSchema
{
    private readonly Dictionary<string, ThriftStructSchema> _structs;

    internal ThriftSchema(IReadOnlyList<ThriftServiceSchema> services, Dictionary<string, ThriftStructSchema> structs)
    {
        Services = services;
        _structs = structs;
    }

    /// <summary>The services of the main file, in its order; each with the methods that it inherits.</summary>
    public IReadOnlyList<ThriftServiceSchema> Services { get; }

    /// <summary>The structs, unions and exceptions of the main file, in no particular order.</summary>
    public IReadOnlyCollection<ThriftStructSchema> Structs => _structs.Values;

    /// <summary>Loads a file and the files that it includes.</summary>
    /// <param name="path">The main file.</param>
    /// <param name="options">How to read it; the defaults if <see langword="null"/>.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ThriftSchemaException">The IDL has errors.</exception>
    public static ThriftSchema FromFile(string path, ThriftSchemaOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ThriftSchemaOptions();
        var main = IdlEncoding.Decode(path, File.ReadAllBytes(path)).Text;
        var resolve = options.ResolveInclude;
        return SchemaLoader.Load(main, options, resolve is null ? ReadFile : include => Resolved(include, resolve));
    }

    /// <summary>Loads IDL from text.</summary>
    /// <param name="idl">The text of the main file.</param>
    /// <param name="options">How to read it, and where includes are; the defaults if <see langword="null"/>.</param>
    /// <exception cref="ThriftSchemaException">The IDL has errors.</exception>
    public static ThriftSchema FromText(string idl, ThriftSchemaOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(idl);
        options ??= new ThriftSchemaOptions();
        var resolve = options.ResolveInclude;
        return SchemaLoader.Load(new IdlText("main.thrift", idl), options, include => resolve is null ? null : Resolved(include, resolve));
    }

    /// <summary>Loads the schema of a server that describes itself: one that calls <c>MapThriftDescribe()</c>.</summary>
    /// <param name="channel">A channel to the server.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ThriftSchemaException">The server describes no service, or the IDL has errors.</exception>
    /// <exception cref="ThriftException">The call failed, for instance because the server does not describe itself.</exception>
    public static Task<ThriftSchema> LoadAsync(ThriftChannel channel, ThriftCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return SchemaRequest.SendAsync(channel, options, cancellationToken);
    }

    /// <summary>Returns a service.</summary>
    /// <param name="name">Its name in the IDL, with or without its package; <see langword="null"/> for the last one of the main file, which Kitex takes.</param>
    /// <exception cref="ThriftSchemaException">There is no such service.</exception>
    public ThriftServiceSchema GetService(string? name = null)
    {
        var found = name is null
            ? (Services.Count > 0 ? Services[^1] : null)
            : Services.FirstOrDefault(service => service.Name == name || service.FullName == name);
        return found ?? throw new ThriftSchemaException(
            Services.Count == 0
                ? "The IDL defines no service. Add one, or load the file that defines it."
                : $"The IDL has no service \"{name}\"; it has {string.Join(", ", Services.Select(static service => service.Name))}.");
    }

    /// <summary>Returns a struct, union or exception of the main file.</summary>
    /// <param name="name">Its name in the IDL.</param>
    /// <exception cref="ThriftSchemaException">There is no such type.</exception>
    public ThriftStructSchema GetStruct(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _structs.TryGetValue(name, out var found) ? found : throw new ThriftSchemaException($"The IDL has no struct, union or exception \"{name}\".");
    }

    private static IdlText? ReadFile(string path) => File.Exists(path) ? IdlEncoding.Decode(path, File.ReadAllBytes(path)).Text : null;

    private static IdlText? Resolved(string path, Func<string, string?> resolve) => resolve(path) is { } text ? new IdlText(path, text) : null;
}
