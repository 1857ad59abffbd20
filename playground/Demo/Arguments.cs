using System.Globalization;

namespace Demo;

/// <summary>What the command line asks for.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Address">The server to call, for <see cref="DemoAction.Call"/>.</param>
/// <param name="Port">The port to serve at, for <see cref="DemoAction.Serve"/>.</param>
/// <param name="Transport">The scheme of the address to call, for <see cref="DemoAction.Walkthrough"/> and <see cref="DemoAction.Chaos"/>.</param>
internal sealed record Arguments(DemoAction Action, string? Address = null, int Port = Arguments.DefaultPort, string Transport = "grpc")
{
    internal const int DefaultPort = 8888;

    internal const string Help = """
        dotnet run --project playground/Demo                                    a server in this process, and calls to it
        dotnet run --project playground/Demo -- --transport ttheader            the same over TTHeader instead of gRPC
        dotnet run --project playground/Demo -- --address grpc://host:port      calls to a server elsewhere; ttheader://host:port likewise
        dotnet run --project playground/Demo -- serve [--port N]                that server, on the loopback address; port 8888 by default, 0 for a free one
        dotnet run --project playground/Demo -- chaos [--transport ttheader]    three servers in trouble, and how a channel finds its way around them
        """;

    /// <exception cref="FormatException">The command line cannot be understood; the text says why.</exception>
    internal static Arguments Parse(string[] words) => words switch
    {
        [] => new(DemoAction.Walkthrough),
        ["--help" or "-h"] or ["serve" or "chaos", "--help" or "-h"] => new(DemoAction.Help),
        ["--transport", "grpc" or "ttheader"] => new(DemoAction.Walkthrough, Transport: words[1]),
        ["--address", var address] => new(DemoAction.Call, address),
        ["serve"] => new(DemoAction.Serve),
        ["serve", "--port", var port] => new(DemoAction.Serve, Port: ParsePort(port)),
        ["chaos"] => new(DemoAction.Chaos),
        ["chaos", "--transport", "grpc" or "ttheader"] => new(DemoAction.Chaos, Transport: words[2]),
        _ => throw new FormatException($"The demo does not understand \"{string.Join(' ', words)}\"."),
    };

    private static int ParsePort(string text)
        => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : throw new FormatException($"\"{text}\" is not a port. Give a number from 0 to 65535.");
}

/// <summary>What the demo can do.</summary>
internal enum DemoAction
{
    Walkthrough,
    Call,
    Serve,
    Chaos,
    Help,
}
