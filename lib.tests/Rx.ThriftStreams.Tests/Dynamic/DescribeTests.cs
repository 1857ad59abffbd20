using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>A server that describes its services, so that clients need no IDL.</summary>
public sealed class DescribeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc", null)]
    [InlineData("ttheader", null)]
    [InlineData("ttheader", ThriftTransport.Framed)]
    public async Task LoadAsync_OfAServerThatDescribesItself_HasTheSchemasOfAllServices(string scheme, ThriftTransport? transport)
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            static setup => setup.AddService<ITestService>(new EchoService()).AddService(Shop.Schema.Descriptor, new Shop()).AddDescribe(),
            Token);
        var options = new ThriftChannelOptions();
        if (transport is { } kind)
        {
            options.PingPongTransport = kind;
        }

        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", options);

        var schema = await ThriftSchema.LoadAsync(channel, cancellationToken: Token);

        Assert.Equal(["echo.TestService", "shop.Shop"], schema.Services.Select(static service => service.FullName));
        Assert.Equal(["Echo", "EchoClient", "EchoServer", "EchoUnary", "EchoPingPong"], schema.Services[0].Methods.Select(static method => method.Name));
        var client = new ThriftDynamicClient(channel, schema.GetService("TestService"));
        Assert.Equal("""{"message":"hi"}""", await client.CallJsonAsync("EchoPingPong", """{"message":"hi"}""", cancellationToken: Token));
    }

    [Fact]
    public async Task LoadAsync_OfAServerThatDoesNot_Fails()
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService>(new EchoService()), Token);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        await Assert.ThrowsAnyAsync<ThriftException>(() => ThriftSchema.LoadAsync(channel, cancellationToken: Token));
    }

    [Fact]
    public async Task Describe_WithConventions_AnswersOnlyCallersThatMeetThem()
    {
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0",
            static setup => setup.AddService<ITestService>(new EchoService()).AddDescribe(static endpoint => endpoint.RequireHost("admin.example")).UseProtocols(ThriftProtocols.Grpc),
            Token);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        await Assert.ThrowsAnyAsync<ThriftException>(() => ThriftSchema.LoadAsync(channel, cancellationToken: Token));
    }

    [Fact]
    public void Idl_OfAService_LoadsToTheSameSchema()
    {
        foreach (var path in new[] { "lib.tests/Rx.ThriftStreams.Tests/Dynamic/generic-examples.thrift", "lib.tests/interop/Rx.ThriftStreams.Interop/interop.thrift" })
        {
            foreach (var service in ThriftSchema.FromFile(Path.Combine(Repository.Root, path)).Services)
            {
                var again = ThriftSchema.FromText(service.Idl, new() { Package = service.Package }).GetService();

                Assert.Equal(service.Idl, again.Idl);
                Assert.Equal(service.FullName, again.FullName);
                Assert.Equal(service.Methods.Select(static method => $"{method} {method.Mode}"), again.Methods.Select(static method => $"{method} {method.Mode}"));
            }
        }
    }

    [Fact]
    public void Idl_OfTypesOfOneNameInTwoFiles_KeepsThemApart()
    {
        var schema = ThriftSchema.FromText(
            "include \"other.thrift\"\nstruct A { 1: i32 x = 5 }\nservice S extends other.Base { A Own(1: other.A a) }",
            new() { ResolveInclude = static path => path.EndsWith("other.thrift", StringComparison.Ordinal) ? "struct A { 1: string s = \"a\\\"b\" }\nservice Base { A Inherited() }" : null });

        var again = ThriftSchema.FromText(schema.GetService().Idl).GetService();

        Assert.Equal(["Inherited", "Own"], again.Methods.Select(static method => method.Name));
        Assert.Equal("""{"s":"a\"b"}""", again.GetMethod("Own").Request.Fields[0].Type.Struct is { } type ? ThriftDynamicMessage.FromJson(type, "{}").ToJson() : "");
        Assert.Equal("""{"x":5}""", again.GetMethod("Own").Response.Fields[0].Type.Struct is { } own ? ThriftDynamicMessage.FromJson(own, "{}").ToJson() : "");
    }

    [Fact]
    public void Idl_OfAnyText_IsReadAsTheSameText()
    {
        const string Text = "a\\\\b \\\"q\\\" 'x' \\n\\t ü 😀 \\u0001 \\ud83d";
        var first = ThriftSchema.FromText("struct A { 1: string s = \"" + Text + "\", 2: double d = 1e-7, 3: map<string, list<i64>> m = {\"k\": [1, -2]}, 4: bool b = true }\nservice S { A Get(1: A a = {\"s\": \"x\"}) }").GetService();

        var again = ThriftSchema.FromText(first.Idl).GetService();

        Assert.Equal(first.Idl, again.Idl);
        var (before, after) = (first.Methods[0].Request.Fields[0].Type.Struct!, again.Methods[0].Request.Fields[0].Type.Struct!);
        Assert.Equal(ThriftDynamicMessage.FromJson(before, "{}").ToJson(), ThriftDynamicMessage.FromJson(after, "{}").ToJson());
    }

    [Fact]
    public void Idl_OfIdempotentMethodsAndRequiredArguments_KeepsBoth()
    {
        var first = ThriftSchema.FromText(
            """
            struct A {}
            service S {
                A Get(1: required A a, 2: A b) (idempotent = "true")
                A Watch(1: A a) (streaming.mode = "server", idempotent = "true")
                A Put(1: A a) (idempotent = "false")
            }
            """).GetService();

        var again = ThriftSchema.FromText(first.Idl).GetService();

        Assert.Equal(first.Idl, again.Idl);
        foreach (var service in (ThriftServiceSchema[])[first, again])
        {
            Assert.Equal([true, true, false], service.Methods.Select(static method => method.Method.IsIdempotent));
            Assert.Equal(ThriftStreamingMode.Server, service.GetMethod("Watch").Mode);
            Assert.Equal([ThriftRequiredness.Required, ThriftRequiredness.Default], service.GetMethod("Get").Request.Fields.Select(static field => field.Requiredness));
        }
    }
}
