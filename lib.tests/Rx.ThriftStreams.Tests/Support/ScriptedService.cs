using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Does what a test says; a method that the test says nothing about fails.</summary>
internal sealed class ScriptedService : ITestService
{
    public Func<IAsyncEnumerable<Request>, CancellationToken, IAsyncEnumerable<Response>>? Echo { get; init; }

    public Func<IAsyncEnumerable<Request>, CancellationToken, Task<Response>>? EchoClient { get; init; }

    public Func<Request, CancellationToken, IAsyncEnumerable<Response>>? EchoServer { get; init; }

    public Func<Request, CancellationToken, Task<Response>>? EchoUnary { get; init; }

    public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => Echo!(requests, cancellationToken);

    public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => EchoClient!(requests, cancellationToken);

    public IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default) => EchoServer!(req, cancellationToken);

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => EchoUnary!(req, cancellationToken);

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => EchoUnary!(req, cancellationToken);
}
