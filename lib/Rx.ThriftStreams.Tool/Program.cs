using Rx.ThriftStreams.Tool;

return CommandLine.Run(args, Console.Out, Console.Error);
