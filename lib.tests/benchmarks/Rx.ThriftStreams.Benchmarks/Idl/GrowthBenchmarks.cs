using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Benchmarks.Idl;

/// <summary>Hostile inputs of one, two and four times a size. The goal: time and memory grow with the size, not with its square.</summary>
[MemoryDiagnoser]
public class GrowthBenchmarks
{
    private const int Size = 10_000;

    private IdlText _text = new("a.thrift", "");

    /// <summary>How the input is hostile.</summary>
    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "";

    /// <summary>How many times the size.</summary>
    [Params(1, 2, 4)]
    public int Times { get; set; }

    /// <summary>All shapes.</summary>
    public static IEnumerable<string> Shapes => Hostile.Shapes.Keys;

    /// <summary>Makes the input.</summary>
    [GlobalSetup]
    public void Setup() => _text = new("a.thrift", Hostile.Make(Shape, Size * Times));

    /// <summary>Text to findings.</summary>
    [Benchmark]
    public int Check()
    {
        var source = new SourceFile(Parser.Parse(_text), CompilerOptions.Default);
        return Binder.Bind(source, new SourceSet([source])).Diagnostics.Count;
    }
}

/// <summary>Graphs of 1,000, 2,000 and 4,000 files, each including the next and one that all include.</summary>
[MemoryDiagnoser]
public class IncludeGraphBenchmarks
{
    private SourceFile[] _files = [];

    /// <summary>How many files.</summary>
    [Params(1000, 2000, 4000)]
    public int Files { get; set; }

    /// <summary>Parses the files.</summary>
    [GlobalSetup]
    public void Setup() => _files =
    [
        .. Enumerable.Range(0, Files).Select(i => Parse($"f{i}.thrift", i + 1 == Files
            ? "include \"hub.thrift\" struct S { 1: hub.H h }"
            : $"include \"f{i + 1}.thrift\" include \"hub.thrift\" struct S {{ 1: f{i + 1}.S next, 2: hub.H h }}")),
        Parse("hub.thrift", string.Concat(Enumerable.Range(0, Files).Select(static i => $"struct H{i} {{ 1: i32 a }}\n")) + "struct H {}"),
    ];

    /// <summary>All files, each with its checks.</summary>
    [Benchmark]
    public int Check()
    {
        var binder = new Binder(new SourceSet(_files));
        return _files.Sum(f => binder.Bind(f).Diagnostics.Count);
    }

    private static SourceFile Parse(string path, string text) => new(Parser.Parse(new IdlText(path, text)), CompilerOptions.Default);
}
