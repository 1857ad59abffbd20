using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Runs the compiler on texts.</summary>
internal static class Idl
{
    public static DocumentSyntax Parse(string text, bool apache = false) => Parser.Parse(new IdlText("test.thrift", text), apache);

    public static BoundFile Bind(string text, CompilerOptions? options = null) => Bind(options ?? CompilerOptions.Default, ("test.thrift", text))[0];

    /// <summary>Binds all files, each in its turn, in the order given.</summary>
    public static IReadOnlyList<BoundFile> Bind(CompilerOptions options, params (string Path, string Text)[] files)
    {
        var sources = files.Select(f => new SourceFile(Parser.Parse(new IdlText(f.Path, f.Text), options.Apache), options)).ToList();
        var set = new SourceSet(sources);
        return sources.ConvertAll(source => Binder.Bind(source, set));
    }

    public static IReadOnlyList<GeneratedFile> Emit(CompilerOptions options, params (string Path, string Text)[] files)
    {
        var output = new List<GeneratedFile>();
        foreach (var bound in Bind(options, files))
        {
            Assert.DoesNotContain(bound.Diagnostics, static d => d.IsError);
            output.AddRange(FileEmitter.Emit(bound));
        }

        return output;
    }

    public static IReadOnlyList<GeneratedFile> Emit(string text, CompilerOptions? options = null) => Emit(options ?? CompilerOptions.Default, ("test.thrift", text));

    public static string[] Ids(string text, CompilerOptions? options = null) => [.. Bind(text, options).Diagnostics.Select(d => d.Id)];
}
