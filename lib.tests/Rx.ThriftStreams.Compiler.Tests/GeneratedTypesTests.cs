using System.Reflection;
using System.Text.Json;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>What users hold: constants, exceptions, unions in JSON, documentation.</summary>
public sealed class GeneratedTypesTests
{
    private static readonly string Unions = File.ReadAllText(Path.Combine(EmittedCodeTests.CataloguePath, "unions.thrift"));

    [Fact]
    public void Constants_Containers_CannotBeChanged()
    {
        var constants = GeneratedAssembly.Compile("namespace csharp C\nconst list<i32> L = [1]\nconst set<string> S = ['a']\nconst map<string, list<i32>> M = {'a': [1]}\nconst set<binary> B = ['x']").Type("C.TestConstants");

        var list = Assert.IsAssignableFrom<IReadOnlyList<int>>(Value(constants, "L"));
        Assert.Throws<NotSupportedException>(() => ((IList<int>)list)[0] = 2);
        var set = Assert.IsAssignableFrom<IReadOnlySet<string>>(Value(constants, "S"));
        Assert.Throws<NotSupportedException>(() => ((ICollection<string>)set).Add("b"));
        var map = Assert.IsAssignableFrom<IReadOnlyDictionary<string, IReadOnlyList<int>>>(Value(constants, "M"));
        Assert.Throws<NotSupportedException>(() => ((IDictionary<string, IReadOnlyList<int>>)map).Clear());
        Assert.Throws<NotSupportedException>(() => ((IList<int>)map["a"])[0] = 2);
        Assert.Contains(new ReadOnlyMemory<byte>("x"u8.ToArray()), Assert.IsAssignableFrom<IReadOnlySet<ReadOnlyMemory<byte>>>(Value(constants, "B")));
        Assert.All(constants.GetProperties(), static p => Assert.False(p.CanWrite));
    }

    [Fact]
    public void Constants_WithStructs_AreNewOnEachAccess()
    {
        var constants = GeneratedAssembly.Compile("namespace csharp C\nstruct P { 1: required i32 x }\nconst P ORIGIN = {'x': 1}\nconst list<P> WAY = [{'x': 1}]").Type("C.TestConstants");

        dynamic first = Value(constants, "Origin");
        first.X = 5;
        dynamic way = Value(constants, "Way");
        way[0].X = 5;
        way.Clear();

        dynamic origin = Value(constants, "Origin");
        Assert.Equal(1, origin.X);
        dynamic again = Value(constants, "Way");
        Assert.Equal(1, again[0].X);
    }

    [Fact]
    public void Exception_WithMessageField_HasOneMessage()
    {
        var type = GeneratedAssembly.Compile("namespace csharp C\nexception E { 1: string message, 2: i32 code }").Type("C.E");

        Assert.Equal(typeof(ThriftDeclaredException), Assert.Single(type.GetProperties(), static p => p.Name == "Message").DeclaringType);
        dynamic made = Activator.CreateInstance(type, "it broke")!;
        Assert.Equal("it broke", made.Message);
        Assert.Equal("it broke", made.MessageText);
        made.MessageText = "";
        Assert.Equal("E { MessageText = \"\", Code = 0 }", made.Message);
    }

    [Theory]
    [InlineData("exception E { 1: required string message }", 1)]
    [InlineData("exception E { 1: required string message, 2: required i32 code }", 0)]
    [InlineData("exception E { 1: optional string message }", 1)]
    [InlineData("exception E { 1: i32 message }", 0)]
    public void Exception_MessageConstructor_ExistsWhereTheMessageIsEnough(string idl, int expected)
        => Assert.Equal(expected, GeneratedAssembly.Compile(idl).Type("Test.E").GetConstructors().Count(static c => c.GetParameters() is [{ Name: "message" }]));

    [Fact]
    public void Union_EachCase_SurvivesJson()
    {
        const string Code = """
            using System.Collections.Generic;
            using Demo.Unions;
            internal static class Make
            {
                public static Tree All() => Tree.Named(new Dictionary<string, Tree>
                {
                    ["leaf"] = Tree.Leaf(new Leaf { Value = 5 }), ["nodes"] = Tree.Nodes(new List<Tree> { Tree.Flag(true), Tree.Nodes(new List<Tree>()) }),
                    ["raw"] = Tree.Raw(new byte[] { 1, 2 }), ["text"] = Tree.Text("x"),
                });
                public static Holder Holder() => new() { Tree = Tree.Text("a"), NeededTree = Tree.Flag(false), Trees = { Tree.Raw(new byte[] { 3 }) } };
            }
            """;
        var assembly = GeneratedAssembly.Compile(Idl.Emit(Unions), Code);
        var tree = assembly.Type("Make").GetMethod("All")!.Invoke(null, null)!;
        var holder = assembly.Type("Make").GetMethod("Holder")!.Invoke(null, null)!;

        foreach (var options in new[] { JsonSerializerOptions.Default, JsonSerializerOptions.Web })
        {
            var json = JsonSerializer.Serialize(tree, assembly.Type("Demo.Unions.Tree"), options);
            Assert.Equal(tree, JsonSerializer.Deserialize(json, assembly.Type("Demo.Unions.Tree"), options));
            Assert.Equal(holder, JsonSerializer.Deserialize(JsonSerializer.Serialize(holder, options), holder.GetType(), options));
            Assert.Equal(json, JsonSerializer.Serialize(tree, options));
        }

        Assert.Equal(
            """{"named":{"leaf":{"leaf":{"value":5}},"nodes":{"nodes":[{"flag":true},{"nodes":[]}]},"raw":{"raw":"AQI="},"text":{"text":"x"}}}""",
            JsonSerializer.Serialize(tree, assembly.Type("Demo.Unions.Tree"), JsonSerializerOptions.Web));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"text\":\"a\",\"flag\":true}")]
    [InlineData("{\"other\":1}")]
    [InlineData("{\"text\":null}")]
    [InlineData("{\"Text\":1}")]
    public void Union_JsonThatIsNotOneCase_IsRefused(string json)
        => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, GeneratedAssembly.Compile(Unions).Type("Demo.Unions.Tree"), JsonSerializerOptions.Web));

    [Fact]
    public void Union_WithoutReflection_NeedsNoContextForPlainValues()
    {
        // As in a program that is compiled ahead of time, whose context knows the union alone.
        var union = GeneratedAssembly.Compile(Unions).Type("Demo.Unions.Tree");
        var options = new JsonSerializerOptions { TypeInfoResolver = new OnlyOne(union) };
        var made = union.GetMethod("Text")!.Invoke(null, ["x"])!;

        Assert.Equal("{\"Text\":\"x\"}", JsonSerializer.Serialize(made, union, options));
        Assert.Equal(made, JsonSerializer.Deserialize("{\"Text\":\"x\"}", union, options));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize("{\"Leaf\":{}}", union, options));
    }

    [Fact]
    public void Documentation_JavadocTags_BecomeElementsOfCSharp()
    {
        var code = Idl.Emit(File.ReadAllText(ToolRun.Case("javadoc-tags.thrift")));

        var contract = Assert.Single(code, static f => f.Name == "IV").Text.ReplaceLineEndings("\n");
        Assert.Contains(
            """
                /// <summary>Finds a thing.</summary>
                /// <param name="id">which thing</param>
                /// <returns>the thing</returns>
                /// <param name="cancellationToken">Cancels the call, also at the peer.</param>

            """,
            contract,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Documentation_OtherTags_AreKept()
    {
        const string Text = """
            exception Bad { 1: string message }
            /**
             * A {@link Thing} of <T>, see {@code x < 1}.
             * @since 1.2
             * @deprecated Use
             *   another.
             */
            struct Thing { }
            service V {
              /** Finds. @nothing
               * @throws Bad if it is bad
               * @param other not an argument */
              Thing find(/** its id */ 1: i64 id) throws (1: Bad bad)
            }
            """;
        var code = Idl.Emit(Text);

        var thing = Assert.Single(code, static f => f.Name == "Thing").Text;
        Assert.Contains("/// <summary>A <c>Thing</c> of &lt;T&gt;, see <c>x &lt; 1</c>.</summary>\n/// <remarks>Since: 1.2 Deprecated: Use another.</remarks>\n", thing, StringComparison.Ordinal);
        var contract = Assert.Single(code, static f => f.Name == "IV").Text;
        Assert.Contains("/// <exception cref=\"global::Test.Bad\">if it is bad</exception>\n", contract, StringComparison.Ordinal);
        Assert.Contains("/// <param name=\"id\">its id</param>\n", contract, StringComparison.Ordinal);
        GeneratedAssembly.Compile(code);
    }

    private static object Value(Type constants, string name) => constants.GetProperty(name, BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private sealed class OnlyOne(Type type) : System.Text.Json.Serialization.Metadata.IJsonTypeInfoResolver
    {
        private readonly System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver _all = new();

        public System.Text.Json.Serialization.Metadata.JsonTypeInfo? GetTypeInfo(Type asked, JsonSerializerOptions options) => type.IsAssignableFrom(asked) ? _all.GetTypeInfo(asked, options) : null;
    }
}
