using Rx.ThriftStreams.Tests.Interop;
using Rx.ThriftStreams.Tests.Texts;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/idl.md.</summary>
public sealed class IdlSamples
{
    [Fact]
    public void Unions_AreMatched()
    {
        // <sample idl-union>
        Choice choice = Choice.Text("hi");

        string text = choice.Match(
            onFlag: flag => flag ? "yes" : "no",
            onNumber: number => $"{number}",
            onText: text => text,
            onInner: inner => inner.Name);

        bool isText = choice is Choice.TextCase { Value.Length: > 0 };
        // </sample idl-union>
        Assert.Equal("hi", text);
        Assert.True(isText);
    }

    [Fact]
    public void Structs_AreCompared()
    {
        // <sample idl-struct>
        var one = new Inner { Name = "a", Numbers = { 1, 2 } };
        var same = new Inner { Name = "a", Numbers = { 1, 2 } };

        bool equal = one.Equals(same);      // by value, lists, sets and maps by content
        string text = one.ToString();       // Inner { Name = "a", Numbers = [1, 2] }
        // </sample idl-struct>
        Assert.True(equal);
        Assert.Equal("Inner { Name = \"a\", Numbers = [1, 2] }", text);
    }

    [Fact]
    public void Texts_AreUtf8()
    {
        // <sample idl-utf8>
        var document = new Document { Title = "Notes", Body = new("tëxt"), Words = { [new("tëxt"u8)] = 1 } };

        string text = document.Body.ToString();             // converts at each call
        ReadOnlySpan<byte> bytes = document.Body.Span;      // 5 bytes
        bool same = document.Body.Equals("tëxt");           // allocates nothing
        bool known = document.Words.ContainsKey(document.Body);
        // </sample idl-utf8>

        Assert.Equal("tëxt", text);
        Assert.Equal(5, bytes.Length);
        Assert.True(same && known);
    }

    [Fact]
    public void Exceptions_AreThrown()
    {
        var caught = "";
        // <sample idl-exception>
        try
        {
            throw new SinkException { Code = 7, Reason = "full" };
        }
        catch (SinkException e) when (e.Code == 7)
        {
            caught = e.Message;             // SinkException { Code = 7, Reason = "full" }
        }
        // </sample idl-exception>

        Assert.Equal("SinkException { Code = 7, Reason = \"full\" }", caught);
    }
}
