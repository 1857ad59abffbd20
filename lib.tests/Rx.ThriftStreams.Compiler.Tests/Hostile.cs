using System.Globalization;
using System.Text;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Inputs that make a careless compiler slow. Shared with the benchmarks.</summary>
internal static class Hostile
{
    public static IReadOnlyDictionary<string, Func<int, string>> Shapes { get; } = new Dictionary<string, Func<int, string>>
    {
        ["duplicates"] = static n => Repeat(n, static _ => $"const i32 a = 1\n"),
        ["extends"] = static n => Repeat(n, static i => $"service S{i} extends S{i + 1} {{ void m{i}() }}\n") + string.Create(CultureInfo.InvariantCulture, $"service S{n} {{}}"),
        ["misspelled"] = static n => "struct S {\n" + Repeat(n, static i => $"{i + 1}: Abcdefgh{i} x{i}\n") + "}\n" + Repeat(n / 5, static i => $"struct Abcdefgi{i} {{}}\n"),
        ["garbage"] = static n => new string('$', n * 10),
        ["spaced garbage"] = static n => Repeat(n, static _ => $"$ "),
        ["deep type"] = static n => "struct S { 1: " + Repeat(n, static _ => $"map<i32,") + "i32" + new string('>', n) + " x }",
        ["one name"] = static n => "struct S {\n" + Repeat(n, static i => $"{i + 1}: i32 {new string('_', i % 100)}a{new string('_', i / 100)}\n") + "}\n",
        ["functions"] = static n => "service S {\n" + Repeat(n, static i => $"void f{i}(i32 a),\n") + "}\n",
        ["enum values"] = static n => "enum E {\n" + Repeat(n, static i => $"V{i} = {i},\n") + "}\nconst list<E> A = [\n" + Repeat(n, static i => $"{i}, ") + "]\nconst i32 B = C\n",
        ["constant fields"] = static n => "struct S {\n" + Repeat(n, static i => $"{i + 1}: i32 f{i}\n") + "}\nconst S A = {\n" + Repeat(n, static i => $"\"f{i}\": {i},\n") + "}\nconst i32 B = C\n",
        ["endless defaults"] = static n => Repeat(n, static i => $"struct S{i} {{ 1: S{i + 1} a }}\n") + string.Create(CultureInfo.InvariantCulture, $"struct S{n} {{ 1: S{n} a = {{}} }}\n"),
    };

    public static string Make(string shape, int size) => Shapes[shape](size);

    private static string Repeat(int count, Func<int, FormattableString> part)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(FormattableString.Invariant(part(i)));
        }

        return text.ToString();
    }
}
