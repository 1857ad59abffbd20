using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.AspNetCore.Authorization;

namespace Rx.ThriftStreams.Tests.Authorization;

/// <summary>Answers with the role of its caller, as the context shows it.</summary>
internal class OpenService : ITestService
{
    public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => requests.Select(static _ => Role());

    public async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
    {
        await requests.CountAsync(cancellationToken);
        return Role();
    }

    public virtual async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return Role();
        await Task.CompletedTask;
    }

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(Role());

    public virtual Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(Role());

    private static Response Role() => new() { Message = ThriftServerContext.Current!.User.FindFirst(Credentials.RoleClaim)?.Value ?? "nobody" };
}

/// <summary>Protects a class.</summary>
[Authorize(Policy = SecuredHost.Members)]
internal sealed class SecuredClass : OpenService;

/// <summary>Protects methods.</summary>
internal sealed class SecuredMethods : OpenService
{
    [Authorize(Policy = SecuredHost.Members)]
    public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
        => base.EchoServerAsync(req, cancellationToken);

    [Authorize(Policy = SecuredHost.Members)]
    public override Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => base.EchoPingPongAsync(req, cancellationToken);
}

/// <summary>Protects a class, and opens methods of it.</summary>
[Authorize(Policy = SecuredHost.Members)]
internal sealed class OpenMethods : OpenService
{
    [AllowAnonymous]
    public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
        => base.EchoServerAsync(req, cancellationToken);

    [AllowAnonymous]
    public override Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => base.EchoPingPongAsync(req, cancellationToken);
}
