using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Benchmarks.Idl;

/// <summary>The IDL compiler on a file of 20 000 lines: structs that refer to each other, enums, services. The goal: under a second on one core.</summary>
[MemoryDiagnoser]
public class CompileBenchmarks
{
    private const int Lines = 20_000;

    private readonly IdlText _text = new("big.thrift", MakeIdl());

    /// <summary>Text to tree.</summary>
    [Benchmark]
    public int Parse() => Parser.Parse(_text).Definitions.Count;

    /// <summary>Text to C#, all checks included.</summary>
    [Benchmark(Baseline = true)]
    public int ParseAndEmit()
    {
        var source = new SourceFile(Parser.Parse(_text), CompilerOptions.Default);
        return FileEmitter.Emit(Binder.Bind(source, new SourceSet([source]))).Count;
    }

    private static string MakeIdl()
    {
        var text = new StringBuilder("namespace go big\nexception Failure { 1: string message }\n");
        var lines = 2;
        for (var n = 0; lines < Lines; n++)
        {
            string body = (n % 10) switch
            {
                0 => $"enum E{n} {{\n  ONE = 1,\n  TWO,\n  THREE,\n}}\n",
                5 => $"service Svc{n} {{\n  S{n - 1} call(1: S{n - 2} req, 2: i64 other) throws (1: Failure failure),\n  S{n - 1} stream(1: S{n - 2} req) (streaming.mode=\"bidirectional\"),\n}}\n",
                1 or 6 => Struct(n, ""),
                _ => Struct(n, $"  6: S{n - 1} previous,\n  7: list<S{n - 1}> many,\n"),
            };
            text.Append(body);
            lines += body.Count(static c => c == '\n');
        }

        return text.ToString();
    }

    private static string Struct(int n, string more)
        => string.Format(
            CultureInfo.InvariantCulture,
            "/** Struct number {0}. */\nstruct S{0} {{\n  1: required string name,\n  2: optional i64 id,\n  3: list<string> tags,\n  4: map<string, i32> counts,\n  5: double ratio = 1.5,\n{1}}}\n\n",
            n,
            more);
}
