using System.CommandLine;
using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Tool;

/// <summary>The commands and their options.</summary>
internal static class CommandLine
{
    private const string ExitCodeHelp = "Exit codes: 0 success; 1 the IDL has errors (or, with format --check, is not in canonical form; with breaking, breaks something), or calls were answered with errors; 2 wrong usage, a file cannot be read or written, or JSON does not fit; 3 the server cannot be reached, or a time limit expired; 130 interrupted.";

    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error, TextReader? input = null)
    {
        var root = new RootCommand("Compiles, checks, formats, compares and trims Thrift IDL for Rx.ThriftStreams; calls and measures services.\n\n" + ExitCodeHelp)
        {
            CallCommands.Call(input ?? Console.In, output, error),
            BenchCommand.Create(input ?? Console.In, output, error),
            CallCommands.List(output, error),
            CallCommands.Describe(output, error),
            Gen(output, error),
            Check(output, error),
            Format(output, error),
            Breaking(output, error),
            Trim(output, error),
            CompletionCommand.Create(output),
        };
        HelpExamples.AddTo(root);
        // "@file" is for --data, not a file with more arguments.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
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
        Description = FileArguments.Help,
        Arity = ArgumentArity.OneOrMore,
    };

    private static Option<string[]> IncludeDirectories() => new("--include", "-I")
    {
        Description = "A directory to search for includes, after the current directory and that of the including file. Can be repeated.",
    };

    private static Option<FindingsFormat> OutputFormat() => new("--output-format")
    {
        Description = "How findings are printed: Text, one line each as MSBuild and editors read it; Json, an array; Sarif, for code hosts.",
        DefaultValueFactory = static _ => FindingsFormat.Text,
    };

    private static Option<bool> Apache() => new("--apache")
    {
        Description = "Read the IDL as Apache Thrift does where it differs from thriftgo: implicit and hexadecimal field ids, escapes, enum aliases, enum values by the type of the field, order in which includes are searched.",
    };

    private static Command Gen(TextWriter output, TextWriter error)
    {
        var files = Files();
        var directory = new Option<string>("--out", "-o") { Description = "The directory for the C#, created if missing. One file per type.", Required = true };
        var @namespace = new Option<string?>("--namespace", "-n") { Description = "Overrides the C# namespace of the files named." };
        var package = new Option<string?>("--package") { Description = "Overrides the package of the gRPC path; empty for none." };
        var noAsync = new Option<bool>("--no-async-suffix") { Description = "Omit the Async suffix of service methods." };
        var sides = new Option<ServiceSides>("--generate") { Description = "Which side of services to generate.", DefaultValueFactory = static _ => ServiceSides.Both };
        var preserve = new Option<bool>("--preserve-unknown-fields") { Description = "Keep unknown fields and write them back." };
        var noIncludes = new Option<bool>("--no-includes") { Description = "Do not generate code for included files." };
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
            return FileArguments.Expand(parsed.GetValue(files)!, error) is not { } paths
                ? ExitCodes.Usage
                : GenCommand.Run(Progress.Run(error, "Reading the IDL", () => SourceLoader.Load(paths, parsed.GetValue(include) ?? [], named, shared)), parsed.GetValue(directory)!, !parsed.GetValue(noIncludes), output, error);
        });
        return command;
    }

    private static Command Check(TextWriter output, TextWriter error)
    {
        var files = Files();
        var include = IncludeDirectories();
        var apache = Apache();
        var format = OutputFormat();
        var strict = new Option<bool>("--warnaserror") { Description = "Treat warnings as errors for the exit code." };
        var command = new Command("check", "Reports errors and warnings in IDL files, in the format that MSBuild and editors read.") { files, include, apache, format, strict };
        command.SetAction(parsed =>
        {
            var options = new CompilerOptions { Apache = parsed.GetValue(apache) };
            return FileArguments.Expand(parsed.GetValue(files)!, error) is not { } paths
                ? ExitCodes.Usage
                : CheckCommand.Run(Progress.Run(error, "Reading the IDL", () => SourceLoader.Load(paths, parsed.GetValue(include) ?? [], options, options)), parsed.GetValue(format), parsed.GetValue(strict), output);
        });
        return command;
    }

    private static Command Breaking(TextWriter output, TextWriter error)
    {
        var paths = new Argument<string[]>("paths") { Description = "OLD and NEW: two files or two directories. With --against: the new version, as files, directories or globs.", Arity = ArgumentArity.OneOrMore };
        var against = new Option<string?>("--against") { Description = "The old version: git:REVISION, or a directory that holds a copy of the current one." };
        var level = new Option<CompatibilityLevel>("--level") { Description = "What has to keep working: Wire, messages and calls; Source, also C# against the generated code; File, also IDL that includes the files.", DefaultValueFactory = static _ => CompatibilityLevel.Source };
        var ignore = new Option<string[]>("--ignore") { Description = "A rule to ignore, with the reason: \"TB203: never released\", or \"TB201 Order: renamed\" for one declaration. Can be repeated. In the IDL: the annotation breaking.ignore." };
        var include = IncludeDirectories();
        var apache = Apache();
        var format = OutputFormat();
        var command = new Command("breaking", "Reports changes of the IDL that break peers, code or other IDL.") { paths, against, level, ignore, include, apache, format };
        command.SetAction(parsed => BreakingCommand.Run(
            new BreakingOptions(
                parsed.GetValue(paths)!,
                parsed.GetValue(against),
                parsed.GetValue(include) ?? [],
                parsed.GetValue(level),
                parsed.GetValue(ignore) ?? [],
                parsed.GetValue(format),
                new CompilerOptions { Apache = parsed.GetValue(apache) }),
            output,
            error));
        return command;
    }

    private static Command Trim(TextWriter output, TextWriter error)
    {
        var files = Files();
        var methods = new Option<string[]>("--method", "-m") { Description = "A method to keep, as Service.method; all methods of a service, as Service. Can be repeated.", Required = true };
        var directory = new Option<string>("--out", "-o") { Description = "The directory for the files, created if missing.", Required = true };
        var include = IncludeDirectories();
        var apache = Apache();
        var command = new Command("trim", "Writes the part of the IDL that some methods need: their types, constants and base services.") { files, methods, directory, include, apache };
        command.SetAction(parsed =>
        {
            var options = new CompilerOptions { Apache = parsed.GetValue(apache) };
            return FileArguments.Expand(parsed.GetValue(files)!, error) is not { } paths
                ? ExitCodes.Usage
                : TrimCommand.Run(Progress.Run(error, "Reading the IDL", () => SourceLoader.Load(paths, parsed.GetValue(include) ?? [], options, options)), parsed.GetValue(methods)!, parsed.GetValue(directory)!, output, error);
        });
        return command;
    }

    private static Command Format(TextWriter output, TextWriter error)
    {
        var files = Files();
        var write = new Option<bool>("--write", "-w") { Description = "Change the files in place instead of printing them." };
        var check = new Option<bool>("--check") { Description = "Change nothing; list the files that are not in canonical form." };
        var command = new Command("format", "Prints IDL in canonical form and keeps comments.") { files, write, check };
        command.SetAction(parsed => FileArguments.Expand(parsed.GetValue(files)!, error) is not { } paths
            ? ExitCodes.Usage
            : FormatCommand.Run(paths, parsed.GetValue(write), parsed.GetValue(check), output, error));
        return command;
    }
}
