using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A resolver that reports, or fails, when a test says so.</summary>
internal sealed class ScriptedResolver : ThriftResolver
{
    private readonly Channel<object> _script = Channel.CreateUnbounded<object>();
    private int _enumerations;

    /// <summary>How often it was enumerated.</summary>
    public int Enumerations => Volatile.Read(ref _enumerations);

    /// <summary>What was to be resolved.</summary>
    public ThriftResolveContext? Context { get; private set; }

    public void Report(params IEnumerable<string> addresses) => Report(addresses.Select(static address => new ThriftEndpoint(address)));

    public void Report(IEnumerable<ThriftEndpoint> endpoints) => _script.Writer.TryWrite(endpoints.ToList());

    public void Fail(Exception error) => _script.Writer.TryWrite(error);

    public override async IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(
        ThriftResolveContext context,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Context = context;
        Interlocked.Increment(ref _enumerations);
        await foreach (var step in _script.Reader.ReadAllAsync(cancellationToken))
        {
            yield return step as IReadOnlyList<ThriftEndpoint> ?? throw (Exception)step;
        }
    }
}
