using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tool;

/// <summary>Where a schema comes from and how its server is reached.</summary>
/// <param name="Address">The server; <see langword="null"/> if only IDL is read.</param>
/// <param name="Idl">The IDL file; <see langword="null"/> to ask the server.</param>
/// <param name="IncludeDirectories">Directories to search for includes.</param>
/// <param name="Channel">How to reach the server.</param>
/// <param name="Options">What goes with each call.</param>
internal sealed record CallTarget(string? Address, string? Idl, IReadOnlyList<string> IncludeDirectories, ThriftChannelOptions Channel, ThriftCallOptions Options)
{
    public ThriftChannel Open() => ThriftChannel.ForAddress(Address ?? throw new UsageException("Name the address of a server, such as grpc://localhost:8888."), Channel);

    /// <summary>The schema from the file, or from the server if there is no file.</summary>
    /// <exception cref="UsageException">There is neither, or the server does not describe itself.</exception>
    public async Task<ThriftSchema> LoadAsync(CancellationToken cancellationToken)
    {
        if (Idl is not null)
        {
            return ThriftSchema.FromFile(Idl, new ThriftSchemaOptions { IncludeDirectories = IncludeDirectories });
        }

        await using var channel = Open();
        try
        {
            return await ThriftSchema.LoadAsync(channel, Options, cancellationToken);
        }
        catch (ThriftException error) when (error is not ThriftSchemaException and { StatusCode: not (ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded) })
        {
            throw NotDescribed(error);
        }
    }

    private static UsageException NotDescribed(ThriftException error)
        => new($"The server does not describe its services ({error.Message.TrimEnd('.')}). Name the IDL with --idl, or call MapThriftDescribe() on the server.");
}
