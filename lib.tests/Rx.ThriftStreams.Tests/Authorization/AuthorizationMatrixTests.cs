using Demo.Echo;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Who may call, over each protocol, with each scheme, wherever the policy stands: what the caller sees.</summary>
public sealed class AuthorizationMatrixTests
{
    private static readonly ThriftTransport[] Protocols =
        [ThriftTransport.Grpc, ThriftTransport.TTHeaderStreaming, ThriftTransport.TTHeader, ThriftTransport.Framed, ThriftTransport.Buffered];

    /// <summary>Framed and Buffered have no place for a header, so that their callers stay anonymous.</summary>
    private const string ByHeader = """
        Grpc: Unauthenticated, Unauthenticated, PermissionDenied, member
        TTHeaderStreaming: Unauthenticated, Unauthenticated, PermissionDenied, member
        TTHeader: Unauthenticated, Unauthenticated, PermissionDenied, member
        Framed: Unauthenticated, Unauthenticated, Unauthenticated, Unauthenticated
        Buffered: Unauthenticated, Unauthenticated, Unauthenticated, Unauthenticated
        """;

    /// <summary>The scheme of ASP.NET Core for certificates never challenges: a caller cannot present another certificate on the same connection.</summary>
    private const string ByConnection = """
        Grpc: PermissionDenied, PermissionDenied, PermissionDenied, member
        TTHeaderStreaming: PermissionDenied, PermissionDenied, PermissionDenied, member
        TTHeader: PermissionDenied, PermissionDenied, PermissionDenied, member
        Framed: PermissionDenied, PermissionDenied, PermissionDenied, member
        Buffered: PermissionDenied, PermissionDenied, PermissionDenied, member
        """;

    private const string OpenByHeader = """
        Grpc: nobody, nobody, stranger, member
        TTHeaderStreaming: nobody, nobody, stranger, member
        TTHeader: nobody, nobody, stranger, member
        Framed: nobody, nobody, nobody, nobody
        Buffered: nobody, nobody, nobody, nobody
        """;

    private const string OpenByConnection = """
        Grpc: nobody, nobody, stranger, member
        TTHeaderStreaming: nobody, nobody, stranger, member
        TTHeader: nobody, nobody, stranger, member
        Framed: nobody, nobody, stranger, member
        Buffered: nobody, nobody, stranger, member
        """;

    /// <summary>Where a policy, or its exception, stands.</summary>
    public enum Place
    {
        Method,
        Class,
        Endpoint,
        Group,
        FallbackPolicy,
        AllowAnonymousMethod,
        AllowAnonymousEndpoint,
    }

    public static MatrixTheoryData<Scheme, Place> Cells => new(Enum.GetValues<Scheme>(), Enum.GetValues<Place>());

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Call_OfEachCallerOverEachProtocol_EndsAsThePolicySays(Scheme scheme, Place place)
    {
        await using var host = await SecuredHost.StartAsync(
            scheme,
            application => Map(application, place),
            configure: services =>
            {
                if (place == Place.FallbackPolicy)
                {
                    services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireClaim(Credentials.RoleClaim, "member").Build());
                }
            });

        var isOpen = place is Place.AllowAnonymousMethod or Place.AllowAnonymousEndpoint;
        var expected = (isOpen, scheme) switch
        {
            (false, Scheme.Certificate) => ByConnection,
            (false, _) => ByHeader,
            (true, Scheme.Certificate) => OpenByConnection,
            (true, _) => OpenByHeader,
        };
        Assert.Equal(expected.ReplaceLineEndings(), await TableAsync(host, scheme));
    }

    /// <summary>Routing comes before authorization: under another host nobody learns that there is a service.</summary>
    [Theory]
    [InlineData("localhost", "PermissionDenied, PermissionDenied, PermissionDenied, member")]
    [InlineData("*:*", "PermissionDenied, PermissionDenied, PermissionDenied, member")]
    [InlineData("elsewhere.test", "Unimplemented, Unimplemented, Unimplemented, Unimplemented")]
    [InlineData("*.localhost", "Unimplemented, Unimplemented, Unimplemented, Unimplemented")]
    [InlineData("localhost:1", "Unimplemented, Unimplemented, Unimplemented, Unimplemented")]
    public async Task Call_OfAServiceThatRequiresAHost_EndsAsTheHostSays(string required, string row)
    {
        await using var host = await SecuredHost.StartAsync(Scheme.Certificate, application => application.MapThriftService<ITestService, SecuredClass>()
            .RequireHost(required)
            .RequireThriftProtocols(ThriftProtocols.Grpc | ThriftProtocols.TTHeaderStreaming | ThriftProtocols.TTHeader));

        const string nobody = "Unimplemented, Unimplemented, Unimplemented, Unimplemented";
        Assert.Equal(
            string.Join(Environment.NewLine, Protocols.Select(p => $"{p}: {(p is ThriftTransport.Framed or ThriftTransport.Buffered ? nobody : row)}")),
            await TableAsync(host, Scheme.Certificate));
    }

    private static void Map(WebApplication application, Place place) => _ = place switch
    {
        Place.Method => application.MapThriftService<ITestService, SecuredMethods>(),
        Place.Class => application.MapThriftService<ITestService>(new SecuredClass()),
        Place.Endpoint => application.MapThriftService<ITestService, OpenService>().RequireAuthorization(SecuredHost.Members),
        Place.Group => application.MapGroup(string.Empty).RequireAuthorization(SecuredHost.Members).MapThriftService<ITestService, OpenService>(),
        Place.FallbackPolicy => application.MapThriftService<ITestService, OpenService>(),
        Place.AllowAnonymousMethod => application.MapThriftService<ITestService, OpenMethods>(),
        _ => application.MapThriftService<ITestService, SecuredClass>().AllowAnonymous(),
    };

    /// <summary>A row for each protocol, with what each caller sees.</summary>
    private static async Task<string> TableAsync(SecuredHost host, Scheme scheme)
    {
        var rows = new List<string>();
        foreach (var protocol in Protocols)
        {
            var cells = new List<string>();
            foreach (var caller in Enum.GetValues<Caller>())
            {
                await using var channel = host.Open(protocol, caller);
                cells.Add(await CallAsync(channel, protocol, host.Credentials.HeadersOf(scheme, caller)));
            }

            rows.Add($"{protocol}: {string.Join(", ", cells)}");
        }

        return string.Join(Environment.NewLine, rows);
    }

    private static async Task<string> CallAsync(ThriftChannel channel, ThriftTransport protocol, ThriftMetadata headers)
    {
        var client = new TestServiceClient(channel);
        var options = new ThriftCallOptions { Headers = headers };
        try
        {
            var answer = protocol == ThriftTransport.TTHeaderStreaming
                ? await client.EchoServerAsync(Ask("x"), options).SingleAsync(TestContext.Current.CancellationToken).Soon()
                : await client.EchoPingPongAsync(Ask("x"), options, TestContext.Current.CancellationToken).Soon();
            return answer.Message!;
        }
        catch (ThriftException error)
        {
            return error.StatusCode.ToString();
        }
    }
}
