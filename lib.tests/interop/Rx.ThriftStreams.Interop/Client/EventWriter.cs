using System.Globalization;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>Writes the lines of the client: one an event.</summary>
public sealed class EventWriter(TextWriter output)
{
    private const int LongText = 4096;
    private const int ShownText = 200;

    private readonly TextWriter _output = TextWriter.Synchronized(output);

    /// <summary>How many answers there were.</summary>
    public int Received { get; private set; }

    /// <summary>A request was sent.</summary>
    public void Sent(int index) => Line("SENT", $"[{index}]");

    /// <summary>An answer came.</summary>
    public void ReceivedMessage(int index, string shown)
    {
        Received++;
        Line("RECV", $"[{index}] {shown}");
    }

    /// <summary>The requests were ended.</summary>
    public void ClosedSend() => Line("CLOSESEND", string.Empty);

    /// <summary>The client cancels.</summary>
    public void Cancelling(string after) => Line("CANCEL", $"after {after}");

    /// <summary>The response headers.</summary>
    public void Headers(IEnumerable<KeyValuePair<string, string>> headers) => Line("HEADERS", Pairs(headers));

    /// <summary>The trailers.</summary>
    public void Trailers(IEnumerable<KeyValuePair<string, string>> trailers) => Line("TRAILERS", Pairs(trailers));

    /// <summary>Backward metainfo.</summary>
    public void Backward(IEnumerable<KeyValuePair<string, string>> backward) => Line("BACKWARD", Pairs(backward));

    /// <summary>A status.</summary>
    public void Status(ThriftStatusCode code, string message)
        => Line("STATUS", $"code={(int)code}({NameOf(code)}) message={Json.Quote(message)}");

    /// <summary>A business error.</summary>
    public void BizError(int code, string message, IEnumerable<KeyValuePair<string, string>> extra)
        => Line("BIZERR", $"code={code} message={Json.Quote(message)} extra={{{Pairs(extra)}}}");

    /// <summary>An exception of the Thrift protocol.</summary>
    public void ApplicationError(int type, string message) => Line("APPEX", $"type={type} message={Json.Quote(message)}");

    /// <summary>An error of TTHeader Streaming.</summary>
    public void StreamError(int code, string message) => Line("STREAMEX", $"code={code} message={Json.Quote(message)}");

    /// <summary>An exception of the IDL.</summary>
    public void Declared(string name, string json) => Line("DECLARED", $"{name} {json}");

    /// <summary>A time limit of this side.</summary>
    public void Timeout(ThriftTimeoutKind kind) => Line("TIMEOUT", $"kind={(kind == ThriftTimeoutKind.Receive ? "Recv" : kind.ToString())}");

    /// <summary>The end of the program.</summary>
    public void Done(bool succeeded, string transport, string method, TimeSpan elapsed)
        => Line("DONE", string.Create(
            CultureInfo.InvariantCulture,
            $"{(succeeded ? "ok" : "failed")} transport={transport} method={method} received={Received} in {elapsed.TotalMilliseconds:0.##}ms"));

    /// <summary>A text of TestService.</summary>
    public static string Show(string? message)
    {
        if (message is null)
        {
            return ClientOptions.UnsetMessage;
        }

        return message.Length <= LongText
            ? Json.Quote(message)
            : string.Create(CultureInfo.InvariantCulture, $"{Json.Quote(message[..ShownText])}...({message.Length} bytes)");
    }

    private static string Pairs(IEnumerable<KeyValuePair<string, string>> pairs)
        => string.Join(' ', pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={Json.Quote(Shorten(pair.Value))}"));

    private static string Shorten(string value)
        => value.Length <= LongText ? value : string.Create(CultureInfo.InvariantCulture, $"{value[..ShownText]}...({value.Length} bytes)");

    /// <summary>The names that Go has for the codes.</summary>
    private static string NameOf(ThriftStatusCode code) => code switch
    {
        ThriftStatusCode.Cancelled => "Canceled",
        ThriftStatusCode.ReceiveDeadlineExceeded => "RecvDeadlineExceeded",
        ThriftStatusCode.UnknownService => "Code(20)",
        _ when Enum.IsDefined(code) => code.ToString(),
        _ => $"Code({(int)code})",
    };

    private void Line(string name, string text) => _output.WriteLine($"{name,-9} {text}".TrimEnd());
}
