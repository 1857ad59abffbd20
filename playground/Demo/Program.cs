using Demo;
using Demo.Chaos;
using Demo.Server;
using Demo.Terminal;
using Rx.ThriftStreams;
using Spectre.Console;

const int Failed = 1;
const int NotUnderstood = 2;
const int Interrupted = 130;

using var interruption = new CancellationTokenSource();
Console.CancelKeyPress += (_, signal) =>
{
    signal.Cancel = true;
    interruption.Cancel();
};

var screen = new Screen(AnsiConsole.Console);
try
{
    var arguments = Arguments.Parse(args);
    switch (arguments.Action)
    {
        case DemoAction.Help:
            Console.WriteLine(Arguments.Help);
            break;
        case DemoAction.Serve:
            await DemoServer.RunAsync(arguments.Port, screen, interruption.Token);
            break;
        case DemoAction.Call:
            await Walkthrough.RunAsync(arguments.Address!, screen, interruption.Token);
            break;
        case DemoAction.Chaos:
            await ChaosRun.RunAsync(arguments.Transport, AnsiConsole.Console, interruption.Token);
            break;
        default:
            await Walkthrough.RunHereAsync(arguments.Transport, screen, interruption.Token);
            break;
    }

    return 0;
}
catch (OperationCanceledException) when (interruption.IsCancellationRequested)
{
    screen.Line(Tone.Plain, "Interrupted.");
    return Interrupted;
}
catch (Exception error) when (error is FormatException or ArgumentException)
{
    Console.Error.WriteLine(TextOf(error));
    Console.Error.WriteLine(Arguments.Help);
    return NotUnderstood;
}
catch (Exception error) when (error is ThriftException or IOException or InvalidOperationException)
{
    Console.Error.WriteLine($"The demo failed: {error.Message}");
    return Failed;
}

// The name of a parameter says nothing to those who do not see the code.
static string TextOf(Exception error)
    => error is ArgumentException { ParamName: { } name } ? error.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal) : error.Message;
