using System.Text;
using CsCheck;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>JSON that lacks required fields, or has members that its structs do not have: refused if the options say so, by path.</summary>
public sealed class StrictJsonTests
{
    private static readonly ThriftDynamicJsonOptions Strict = new() { RespectRequiredFields = true, RefuseUnknownMembers = true };
    private static readonly ThriftDynamicJsonOptions Required = new() { RespectRequiredFields = true };
    private static readonly ThriftDynamicJsonOptions Known = new() { RefuseUnknownMembers = true };

    private static readonly ThriftSchema Schema = ThriftSchema.FromText(
        """
        struct User { 1: required string user, 2: optional i32 age, 3: string note, 4: required i32 level = 7, 5: required string city (go.tag = 'json:"town"') }
        union Choice { 1: i64 number, 2: User who }
        exception Refused { 1: required i32 code, 2: string reason }
        struct Tree { 1: optional User one, 2: optional list<User> many, 3: optional map<string, User> named, 4: optional set<User> unique, 5: optional Choice choice, 6: optional Tree next, 7: optional list<list<User>> deep }
        struct Outer { 1: required User user }
        service Users {
            void Lone (1: User user),
            void Must (1: required i32 count),
            void May (1: optional User user),
            void Two (1: required i32 first, 2: required User second, 3: optional i32 third),
            void None (),
            User Find (1: string name) throws (1: Refused refused),
        }
        """);

    private const string Ann = """{"user":"ann","town":"Rome"}""";

    [Theory]
    [InlineData("User", "{}", "$.user")]
    [InlineData("User", """{"user":"ann"}""", "$.town")]
    [InlineData("User", """{"user":null,"town":"Rome"}""", "$.user")]
    [InlineData("User", "null", "$.user")]
    [InlineData("Outer", "{}", "$.user")]
    [InlineData("Outer", """{"user":null}""", "$.user")]
    [InlineData("Outer", """{"user":{"town":""}}""", "$.user.user")]
    [InlineData("Tree", """{"one":{}}""", "$.one.user")]
    [InlineData("Tree", $$"""{"many":[{{Ann}},{"town":"x"}]}""", "$.many[1].user")]
    [InlineData("Tree", $$"""{"many":[{{Ann}},null]}""", "$.many[1].user")]
    [InlineData("Tree", """{"many":{"town":"x"}}""", "$.many[0].user")]
    [InlineData("Tree", $$"""{"unique":[{{Ann}},{{Ann}},{"user":"b"}]}""", "$.unique[2].town")]
    [InlineData("Tree", $$$$"""{"named":{"a":{{{{Ann}}}},"b":{}}}""", "$.named[1].user")]
    [InlineData("Tree", """{"named":{"a":null}}""", "$.named[0].user")]
    [InlineData("Tree", """{"choice":{"who":{"user":"x"}}}""", "$.choice.who.town")]
    [InlineData("Tree", """{"next":{"next":{"one":{"town":"x"}}}}""", "$.next.next.one.user")]
    [InlineData("Tree", """{"deep":[[],[{}]]}""", "$.deep[1][0].user")]
    [InlineData("Refused", """{"reason":"x"}""", "$.code")]
    public void FromJson_RequiredFieldIsMissing_IsRefusedWithItsPath(string type, string json, string path)
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct(type), json, Required));

        Assert.Equal(path, error.Path);
        Assert.Equal(ThriftStatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal($"The required field {path[(path.LastIndexOf('.') + 1)..]} is missing or null (at {path}).", error.Message);
        Assert.NotNull(ThriftDynamicMessage.FromJson(Schema.GetStruct(type), json, Known));
    }

    [Theory]
    [InlineData("User", Ann)]
    [InlineData("User", """{"town":"","user":"","note":null}""")]
    [InlineData("Tree", "{}")]
    [InlineData("Tree", """{"one":null,"many":[],"named":{},"choice":{},"next":{}}""")]
    [InlineData("Tree", """{"choice":{"number":1}}""")]
    [InlineData("Tree", $$$$"""{"next":{"many":[{{{{Ann}}}}],"named":{"any":{{{{Ann}}}}}}}""")]
    [InlineData("Tree", "null")]
    [InlineData("Outer", $$"""{"user":{{Ann}}}""")]
    [InlineData("Refused", """{"code":1}""")]
    public void FromJson_WhatIsComplete_IsTheSameAsWithoutTheOptions(string type, string json)
    {
        var schema = Schema.GetStruct(type);

        Assert.Equal(Convert.ToHexString(ThriftDynamicMessage.FromJson(schema, json).Bytes.Span), Convert.ToHexString(ThriftDynamicMessage.FromJson(schema, json, Strict).Bytes.Span));
    }

    [Theory]
    [InlineData("Lone", "{}", "$.user")]
    [InlineData("Lone", "null", "$.user")]
    [InlineData("Must", "null", "$.count")]
    [InlineData("May", "{}", "$.user")]
    [InlineData("May", "null", "$.user")]
    [InlineData("Two", "{}", "$.first")]
    [InlineData("Two", """{"first":1}""", "$.second")]
    [InlineData("Two", """{"first":1,"second":{"user":"x"}}""", "$.second.town")]
    [InlineData("Two", "5", "$.second")]
    [InlineData("Two", "null", "$.first")]
    public void FromJson_RequiredArgumentIsMissing_IsRefusedWithItsPath(string method, string json, string path)
    {
        var request = Schema.GetService("Users").GetMethod(method).Request;

        Assert.Equal(path, Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(request, json, Required)).Path);
    }

    [Theory]
    [InlineData("Lone", Ann)]
    [InlineData("Must", "0")]
    [InlineData("Two", $$"""{"first":1,"second":{{Ann}}}""")]
    [InlineData("None", "{}")]
    [InlineData("None", "null")]
    [InlineData("None", "[1]")]
    [InlineData("Find", "null")]
    [InlineData("Find", "\"\"")]
    public void FromJson_ArgumentsThatAreComplete_AreTaken(string method, string json)
    {
        var request = Schema.GetService("Users").GetMethod(method).Request;

        Assert.Equal(Convert.ToHexString(ThriftDynamicMessage.FromJson(request, json).Bytes.Span), Convert.ToHexString(ThriftDynamicMessage.FromJson(request, json, Strict).Bytes.Span));
    }

    [Fact]
    public void FromJson_ResultOfAMethod_MayBeVoid()
    {
        var method = Schema.GetService("Users").GetMethod("Find");

        Assert.Equal("null", ThriftDynamicMessage.FromJson(method.Response, "null", Strict).ToJson());
        Assert.Equal("$.user", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(method.Response, "{}", Strict)).Path);
    }

    [Theory]
    [InlineData("User", """{"usr":"ann"}""", "$.usr", "User has no field \"usr\". Did you mean \"user\"?")]
    [InlineData("User", """{"User":"ann"}""", "$.User", "User has no field \"User\". Did you mean \"user\"?")]
    [InlineData("User", """{"city":"Rome"}""", "$.city", "User has no field \"city\". Did you mean \"town\"?")]
    [InlineData("User", """{"usr":null}""", "$.usr", "User has no field \"usr\". Did you mean \"user\"?")]
    [InlineData("User", """{"us\u0072":1}""", "$.usr", "User has no field \"usr\". Did you mean \"user\"?")]
    [InlineData("User", """{"something":{"user":1}}""", "$.something", "User has no field \"something\".")]
    [InlineData("User", """{"":1}""", "$['']", "User has no field \"\".")]
    [InlineData("User", """{"a.b":1}""", "$['a.b']", "User has no field \"a.b\".")]
    [InlineData("User", """{"it's":1}""", @"$['it\'s']", "User has no field \"it's\".")]
    [InlineData("User", """{"ü":1}""", "$['ü']", "User has no field \"ü\".")]
    [InlineData("Tree", $$"""{"many":[{{Ann}},{"user":"x","town":"y","aeg":1}]}""", "$.many[1].aeg", "User has no field \"aeg\". Did you mean \"age\"?")]
    [InlineData("Tree", """{"named":{"anything":{"nte":1}}}""", "$.named[0].nte", "User has no field \"nte\". Did you mean \"note\"?")]
    [InlineData("Tree", """{"choice":{"nummber":1}}""", "$.choice.nummber", "Choice has no field \"nummber\". Did you mean \"number\"?")]
    [InlineData("Tree", """{"next":{"nextt":{}}}""", "$.next.nextt", "Tree has no field \"nextt\". Did you mean \"next\"?")]
    [InlineData("Refused", """{"code":1,"raeson":"x"}""", "$.raeson", "Refused has no field \"raeson\". Did you mean \"reason\"?")]
    public void FromJson_UnknownMember_IsRefusedWithANearName(string type, string json, string path, string message)
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct(type), json, Known));

        Assert.Equal((path, $"{message} (at {path})."), (error.Path, error.Message));
        Assert.Equal(ThriftStatusCode.InvalidArgument, error.StatusCode);
        Assert.NotNull(ThriftDynamicMessage.FromJson(Schema.GetStruct(type), json));
    }

    [Theory]
    [InlineData("Two", """{"frist":1}""", "Two has no argument \"frist\". Did you mean \"first\"? (at $.frist).")]
    [InlineData("None", """{"a":1}""", "None has no argument \"a\". (at $.a).")]
    [InlineData("Lone", """{"users":1}""", "User has no field \"users\". Did you mean \"user\"? (at $.users).")]
    public void FromJson_UnknownArgument_IsRefused(string method, string json, string message)
    {
        var request = Schema.GetService("Users").GetMethod(method).Request;

        Assert.Equal(message, Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(request, json, Known)).Message);
    }

    [Theory]
    [InlineData("""{"usr":"ann","town":"Rome"}""", "usr")]
    [InlineData("""{"x":[{"user":1}],"us\u0072":{"user":2},"town":"Rome"}""", "usr")]
    [InlineData("""{"USER":"ann","town":"Rome"}""", "USER")]
    public void FromJson_RequiredFieldThatIsMisspelled_NamesTheMember(string json, string member)
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("Tree"), $$$"""{"next":{"one":{{{json}}}}}""", Required));

        Assert.Equal($"The required field user is missing or null, and the object has an unknown member \"{member}\" (at $.next.one.user).", error.Message);
    }

    [Fact]
    public void FromJson_RequiredFieldByItsNameInTheIdl_NamesTheMember()
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), """{"user":"ann","city":"Rome"}""", Required));

        Assert.Equal("The required field town is missing or null, and the object has an unknown member \"city\" (at $.town).", error.Message);
    }

    [Fact]
    public void FromJson_Lenient_StillRespectsTheOptions()
    {
        Assert.Equal("$.one.user", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("Tree"), """{"one":5}""", Required with { Lenient = true })).Path);
        Assert.NotNull(ThriftDynamicMessage.FromJson(Schema.GetStruct("Tree"), """{"one":5}""", Known with { Lenient = true }));
    }

    [Fact]
    public void FromJson_RequiredFieldWithADefault_IsFilled()
        => Assert.Contains("\"level\":7", ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), Ann, Strict).ToJson(), StringComparison.Ordinal);

    [Theory]
    [InlineData("a\u0085b\u2028c\u202e")]
    [InlineData("\n\u001b[31m")]
    [InlineData("😀")]
    public void FromJson_HostileName_IsShownWithoutWhatControlsATerminal(string name)
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), $$"""{{{System.Text.Json.JsonSerializer.Serialize(name)}}:1}""", Known));

        Assert.DoesNotContain(error.Message, static c => char.IsControl(c) || c is '\u2028' or '\u202e');
    }

    [Theory]
    [InlineData(65)]
    [InlineData(129)]
    [InlineData(10_000_000)]
    public void FromJson_LongName_IsShortened(int length)
    {
        var name = new string('é', length);

        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), $$"""{"{{name}}":1}""", Known));
        var missing = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), $$"""{"{{name}}":1}""", Required));

        Assert.InRange(error.Message.Length, 100, 300);
        Assert.InRange(missing.Message.Length, 10, 300);
    }

    [Fact]
    public void FromJson_ManyUnknownNames_AreComparedWithinABudget()
    {
        // Ten thousand names, each close enough in length to be compared with a long name of the IDL.
        var field = new string('f', 20_000);
        var schema = ThriftSchema.FromText($$"""struct Long { 1: required string {{field}}, 2: required string user }""").GetStruct("Long");
        var members = string.Join(',', Enumerable.Range(0, 10_000).Select(static i => $"\"usr{i}\":{i}"));

        Assert.Equal("$." + field, Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(schema, $$"""{{{members}}}""", Required)).Path);
        Assert.Equal("$.user", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(schema, $$"""{"{{field}}":"x",{{members}}}""", Required)).Path);
        Assert.StartsWith("Long has no field", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(schema, $$"""{"{{field[1..]}}":1}""", Strict)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_NestedDeeperThanTheLimit_IsRefused()
    {
        var tree = Schema.GetStruct("Tree");
        static string Deep(string open, string middle, string close, int depth) => string.Concat(Enumerable.Repeat(open, depth)) + middle + string.Concat(Enumerable.Repeat(close, depth));

        foreach (var options in new[] { Strict, Required, Known })
        {
            Assert.Contains("not valid JSON", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(tree, Deep("""{"next":""", "{}", "}", 5000), options)).Message, StringComparison.Ordinal);
            Assert.NotNull(ThriftDynamicMessage.FromJson(tree, Deep("""{"next":""", "{}", "}", 60), options));
        }

        // The members that are looked at for a hint are nested as deep as the limit permits, and deeper than it.
        var near = Deep("[", "", "]", 62);
        Assert.EndsWith("(at $.one.user).", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(tree, $$$"""{"one":{"usr":{{{near}}},"town":""}}""", Required)).Message, StringComparison.Ordinal);
        var far = Deep("[", "", "]", 5000);
        Assert.Contains("not valid JSON", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(tree, $$$"""{"one":{"usr":{{{far}}},"town":""}}""", Required)).Message, StringComparison.Ordinal);
        Assert.Equal("$.one.usr", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(tree, $$$"""{"one":{"usr":{{{far}}},"town":""}}""", Known)).Path);
    }

    [Fact]
    public void FromJson_NamesThatAreNotText_AreRefusedByTheirPath()
    {
        byte[] json = [.. "{\"us\u0000r\":1}"u8];
        json[4] = 0xff;

        Assert.StartsWith("$", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), json, Known)).Path, StringComparison.Ordinal);
        Assert.Equal("$.user", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), json, Required)).Path);
        Assert.StartsWith("$", Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("User"), """{"\ud83d":1}""", Required)).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void MutatedJson_UnderStrictOptions_IsCompleteOrAnErrorWithAPath()
    {
        var tree = Schema.GetStruct("Tree");
        var seed = Encoding.UTF8.GetBytes($$$$"""{"one":{{{{Ann}}}},"many":[{{{{Ann}}}}],"named":{"a":{{{{Ann}}}}},"choice":{"who":{{{{Ann}}}}},"next":{"one":{"us\u0065r":"é","town":null,"age":3}}}""".Replace("null", "\"\"", StringComparison.Ordinal));
        Assert.NotNull(ThriftDynamicMessage.FromJson(tree, seed, Strict));
        var (kept, refused) = (0, 0);
        Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Int[0, seed.Length - 1], Gen.Byte).Sample((at, value, at2, value2) =>
        {
            var json = (byte[])seed.Clone();
            json[at] = value;
            json[at2] = value2;
            foreach (var options in new[] { Strict, Required, Known })
            {
                try
                {
                    // What strict options accept, lax ones write alike.
                    Assert.Equal(ThriftDynamicMessage.FromJson(tree, json, options).Bytes.ToArray(), ThriftDynamicMessage.FromJson(tree, json).Bytes.ToArray());
                    Interlocked.Increment(ref kept);
                }
                catch (ThriftJsonException error)
                {
                    Assert.StartsWith("$", error.Path, StringComparison.Ordinal);
                    Interlocked.Increment(ref refused);
                }
            }
        });

        Assert.True(kept > 0 && refused > 0);
    }
}
