namespace Rx.ThriftStreams.Comparison;

/// <summary>A library in the comparison: its server and its client, each written as its documentation does.</summary>
internal abstract class Contender : IAsyncDisposable
{
    /// <summary>The name in tables.</summary>
    internal abstract string Name { get; }

    /// <summary>What is changed in Kestrel under the server, if it is this library's.</summary>
    internal KestrelSetting Kestrel { get; set; }

    /// <summary>Starts the server on that port of the loopback interface.</summary>
    internal abstract Task ServeAsync(int port);

    /// <summary>Prepares the client for the server on that port.</summary>
    internal abstract Task ConnectAsync(int port);

    /// <summary>Whether the library has such calls.</summary>
    internal virtual bool Has(Shape shape) => true;

    /// <summary>Makes calls, or sends and receives on one stream, until the clock has run out. Runs many times at once.</summary>
    internal Task RunAsync(Shape shape, string text, Clock clock) => shape switch
    {
        Shape.Call => CallAsync(text, clock),
        Shape.Bidirectional => EchoAsync(text, clock),
        Shape.Server => ReceiveAsync(text, clock),
        Shape.Client => SendAsync(text, clock),
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    public abstract ValueTask DisposeAsync();

    /// <summary>Calls one after the other.</summary>
    protected abstract Task CallAsync(string text, Clock clock);

    /// <summary>Sends on a stream, and waits for each answer.</summary>
    protected virtual Task EchoAsync(string text, Clock clock) => throw Absent(Shape.Bidirectional);

    /// <summary>Receives a stream.</summary>
    protected virtual Task ReceiveAsync(string text, Clock clock) => throw Absent(Shape.Server);

    /// <summary>Sends a stream. Each message is counted when it is handed over; what is handed over is bounded by flow control.</summary>
    protected virtual Task SendAsync(string text, Clock clock) => throw Absent(Shape.Client);

    /// <summary>Throws unless an answer is what was asked for.</summary>
    protected static void Check(string? answer, string text)
    {
        if (answer?.Length != text.Length)
        {
            throw new InvalidOperationException($"The answer has {answer?.Length ?? 0} characters; {text.Length} were sent.");
        }
    }

    private NotSupportedException Absent(Shape shape) => new($"{Name} has no {shape} streams.");
}
