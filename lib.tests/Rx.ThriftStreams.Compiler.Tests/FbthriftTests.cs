namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Meta's dialect: named at once, read as far as it means the same.</summary>
public sealed class FbthriftTests
{
    [Fact]
    public void Check_FileInTheDialect_NamesItInTheFirstFinding()
    {
        var found = ToolRun.Run("check", ToolRun.Case("fbthrift-dialect.thrift")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(2, found.Length);
        Assert.EndsWith("(1,1): warning TS0013: \"package\" belongs to the dialect of fbthrift and is ignored, as are other annotations of this kind in the file.", found[0], StringComparison.Ordinal);
        Assert.EndsWith("(4,13): error TS0014: \"stream\" belongs to the dialect of fbthrift. Return the type of one message and annotate the function with (streaming.mode=\"server\").", found[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_PackageAndStructuredAnnotations_AreSkipped()
    {
        const string Text = """
            package "a.b/c"
            namespace csharp Fb
            include_me_not_needed
            """;
        const string Annotated = """
            package "a.b/c";
            /** A struct. */
            @scope.Struct
            @thrift.Uri{value = "x", list = [{"a": 1}]}
            struct S {
              /** The field. */
              @Marker
              1: i32 a,
              @Marker{} 2: optional string b
            }
            enum E { @Marker A = 1, B }
            service V { @Priority{level = 3} void f(@Marker 1: i32 a) }
            """;
        Assert.Contains("TS0002", Idl.Ids(Text));

        var bound = Idl.Bind(Annotated);

        Assert.Equal(["TS0013"], bound.Diagnostics.Select(static d => d.Id));
        Assert.Equal("A struct.", bound.File.Structs[0].Doc);
        Assert.Equal(["a", "b"], bound.Binder.FieldsOf(bound.File.Structs[0]).Select(static f => f.Name));
        Assert.Equal("The field.", bound.Binder.FieldsOf(bound.File.Structs[0])[0].Doc);
        Assert.Single(bound.Binder.FunctionsOf(bound.File.Services[0])[0].Arguments);
    }

    [Theory]
    [InlineData("service V { stream<i32> f(), void g() }", 1, 13)]
    [InlineData("service V { i32, stream<i32> f(1: i32 a), void g() }", 1, 18)]
    [InlineData("service V { sink<i32, string> f(), void g() }", 1, 13)]
    [InlineData("service V { performs Session; void g() }", 1, 13)]
    [InlineData("interaction Session { i32 next(), stream<i32> all() }\nservice V { void g() }", 1, 1)]
    public void Bind_ConstructWithoutEquivalent_IsOneErrorThatSaysWhatToWrite(string text, int line, int column)
    {
        var bound = Idl.Bind(text);

        var found = Assert.Single(bound.Diagnostics);
        Assert.Equal(("TS0014", line, column), (found.Id, found.Line, found.Column));
        Assert.Equal(["g"], bound.Binder.FunctionsOf(bound.File.Services[0]).Select(static f => f.Name));
    }

    [Fact]
    public void Format_FileInTheDialect_KeepsItsAnnotations()
    {
        const string Text = "package \"a/b\";\n@A\nstruct S{@B{x=1,\n  y = <, /* c */ } @C 1:i32 a}";

        var formatted = Formatting.IdlFormatter.Format(new Rx.ThriftStreams.Compiler.Text.IdlText("a.thrift", Text), out _);

        Assert.Equal(formatted, Formatting.IdlFormatter.Format(new Rx.ThriftStreams.Compiler.Text.IdlText("a.thrift", formatted!), out _));
        Assert.Equal("package \"a/b\"\n\n@A\nstruct S {\n    @B{x=1,\n  y = <, /* c */ } @C 1: i32 a,\n}\n", formatted);
    }
}
