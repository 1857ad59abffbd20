using System.CommandLine;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Tool;

/// <summary>The commands and their options.</summary>
internal static class CommandLine
{
    private const string ExitCodeHelp = "Exit codes: 0 done; 1 the IDL has errors (or, with format --check, is not in canonical form); 2 wrong usage, or a file cannot be read or written.";

    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Compiles, checks and formats Thrift IDL for Rx.ThriftStreams.\n\n" + ExitCodeHelp)
        {
            Gen(output, error),
            Check(output, error),
            Format(output, error),
        };
        var parsed = root.Parse(args);
        try
        {
            var code = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
            return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error.WriteLine("error: " + exception.Message);
            return ExitCodes.Usage;
        }
    }

    private static Argument<string[]> Files() => new("files")
    {
        Description = "The .thrift files.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static Option<string[]> IncludeDirectories() => new("--include", "-I")
    {
        Description = "A directory in which includes are looked for, after the current one and that of the including file. May be repeated.",
    };

    private static Option<bool> Apache() => new("--apache")
    {
        Description = "Read the IDL as Apache Thrift does where it differs from thriftgo: implicit and hexadecimal field ids, escapes, enum aliases.",
    };

    private static Command Gen(TextWriter output, TextWriter error)
    {
        var files = Files();
        var directory = new Option<string>("--out", "-o") { Description = "Where to write the C#: a directory, made if missing. One file a type.", Required = true };
        var @namespace = new Option<string?>("--namespace", "-n") { Description = "The C# namespace of the files named, in place of what they say." };
        var package = new Option<string?>("--package") { Description = "The package of the gRPC path, in place of what the files say; empty for none." };
        var noAsync = new Option<bool>("--no-async-suffix") { Description = "Do not end the methods of services in Async." };
        var sides = new Option<ServiceSides>("--generate") { Description = "Which side of services to generate.", DefaultValueFactory = static _ => ServiceSides.Both };
        var preserve = new Option<bool>("--preserve-unknown-fields") { Description = "Keep fields that the IDL does not know, and write them back." };
        var noIncludes = new Option<bool>("--no-includes") { Description = "Generate nothing for included files." };
        var include = IncludeDirectories();
        var apache = Apache();
        var command = new Command("gen", "Writes the same C# that the build generates from ThriftFile items.")
        {
            files, directory, @namespace, package, noAsync, sides, preserve, noIncludes, include, apache,
        };
        command.SetAction(parsed =>
        {
            var shared = new CompilerOptions
            {
                AsyncSuffix = !parsed.GetValue(noAsync),
                Sides = parsed.GetValue(sides),
                PreserveUnknownFields = parsed.GetValue(preserve),
                Apache = parsed.GetValue(apache),
            };
            var named = shared with { Namespace = parsed.GetValue(@namespace), Package = parsed.GetValue(package) };
            var sources = SourceLoader.Load(parsed.GetValue(files)!, parsed.GetValue(include) ?? [], named, shared, error);
            return sources is null ? ExitCodes.Usage : GenCommand.Run(sources, parsed.GetValue(directory)!, !parsed.GetValue(noIncludes), output, error);
        });
        return command;
    }

    private static Command Check(TextWriter output, TextWriter error)
    {
        var files = Files();
        var include = IncludeDirectories();
        var apache = Apache();
        var json = new Option<bool>("--json") { Description = "Report as a JSON array on standard output, for programs." };
        var strict = new Option<bool>("--warnaserror") { Description = "Count warnings as errors for the exit code." };
        var command = new Command("check", "Reports what is wrong with IDL files, in the format that MSBuild and editors read.") { files, include, apache, json, strict };
        command.SetAction(parsed =>
        {
            var options = new CompilerOptions { Apache = parsed.GetValue(apache) };
            var sources = SourceLoader.Load(parsed.GetValue(files)!, parsed.GetValue(include) ?? [], options, options, error);
            return sources is null ? ExitCodes.Usage : CheckCommand.Run(sources, parsed.GetValue(json), parsed.GetValue(strict), output);
        });
        return command;
    }

    private static Command Format(TextWriter output, TextWriter error)
    {
        var files = Files();
        var write = new Option<bool>("--write", "-w") { Description = "Change the files in place instead of printing them." };
        var check = new Option<bool>("--check") { Description = "Change and print nothing; name the files that are not in canonical form." };
        var command = new Command("format", "Prints IDL in canonical form, comments kept.") { files, write, check };
        command.SetAction(parsed => FormatCommand.Run(parsed.GetValue(files)!, parsed.GetValue(write), parsed.GetValue(check), output, error));
        return command;
    }
}
