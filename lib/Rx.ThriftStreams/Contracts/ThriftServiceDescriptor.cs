using System.ComponentModel;
namespace Rx.ThriftStreams.Contracts;

/// <summary>What a server needs to know about a service. Immutable; created by generated code.</summary>
/// <typeparam name="TService">The service interface.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ThriftServiceDescriptor<TService>
    where TService : class
{
    private readonly Action<ThriftServiceBinder<TService>> _bind;
    private readonly Func<string?>? _schema;

    /// <summary>Describes a service. Called by generated code.</summary>
    /// <param name="package">The package of the gRPC path; may be empty.</param>
    /// <param name="name">The service's name in the IDL.</param>
    /// <param name="bind">Adds every method, inherited ones first, to a binder.</param>
    /// <param name="schema">Returns the IDL of the service, and perhaps of others, with all types in one file. Called only if a caller asks for it. <see langword="null"/>, also as its result, if the IDL is not known.</param>
    public ThriftServiceDescriptor(string package, string name, Action<ThriftServiceBinder<TService>> bind, Func<string?>? schema = null)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(bind);
        Package = package;
        Name = name;
        _bind = bind;
        _schema = schema;
    }

    /// <summary>The package of the gRPC path; may be empty.</summary>
    public string Package { get; }

    /// <summary>The service's name in the IDL.</summary>
    public string Name { get; }

    /// <summary>The IDL of the service, and perhaps of others, with all types in one file and without comments; <see langword="null"/> if it is not known.</summary>
    public string? Schema => _schema?.Invoke();

    /// <summary>Adds every method to <paramref name="binder"/>, in the order of the IDL, inherited ones first.</summary>
    /// <param name="binder">Receives the methods.</param>
    public void Bind(ThriftServiceBinder<TService> binder)
    {
        ArgumentNullException.ThrowIfNull(binder);
        _bind(binder);
    }
}
