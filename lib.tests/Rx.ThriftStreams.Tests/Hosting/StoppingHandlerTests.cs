using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>A handler that waits with a token linked with <see cref="ThriftServerContext.Stopping"/> ends its call as every other call that a stop ends.</summary>
public sealed class StoppingHandlerTests
{
    private readonly LogCollector _log = new(LogLevel.Debug);
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Stream_WaitsForItsCallerWhenTheServerStops_EndsAsUnavailable(string scheme)
    {
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        await using var call = await new TestServiceClient(channel).OpenEchoAsync(default, Token);
        await using var responses = call.GetAsyncEnumerator(Token);
        await call.SendAsync(new() { Message = "first" }, Token);
        Assert.True(await responses.MoveNextAsync());

        var stopping = server.StopAsync(Token);
        var error = await Assert.ThrowsAnyAsync<ThriftException>(async () => await responses.MoveNextAsync());

        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.Contains(scheme == "grpc" ? "graceful shutdown: the handler ended the call" : "transport is closing: the server shuts down", error.Message, StringComparison.Ordinal);
        await stopping.Soon();
        AssertIsNotAFault();
    }

    [Theory]
    [InlineData("grpc", false)]
    [InlineData("ttheader", false)]
    [InlineData("ttheader", true)]
    public async Task PingPong_WaitsWhenTheServerStops_EndsAsUnavailable(string scheme, bool isFramed)
    {
        var options = new ThriftChannelOptions();
        options.PingPongTransport = isFramed ? ThriftTransport.Framed : null;
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", options);
        var call = new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "wait" }, Token);
        await _waiting.Task.Soon();

        var stopping = server.StopAsync(Token);
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => call);

        // A Framed answer has no room for a status.
        Assert.Equal(isFramed ? ThriftStatusCode.Internal : ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.Contains("graceful shutdown: the handler ended the call", error.Message, StringComparison.Ordinal);
        await stopping.Soon();
        AssertIsNotAFault();
    }

    [Fact]
    public async Task Stream_ItsCallerCancelsWhileTheServerStops_EndsAsCancelled()
    {
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        var call = await new TestServiceClient(channel).OpenEchoAsync(default, Token);
        await using var responses = call.GetAsyncEnumerator(Token);
        await call.SendAsync(new() { Message = "stays" }, Token);
        Assert.True(await responses.MoveNextAsync());

        var stopping = server.StopAsync(Token);
        await _stopped.Task.Soon();
        await call.DisposeAsync();
        await stopping.Soon();

        Assert.DoesNotContain("graceful shutdown", Assert.Single(_log.Entries, static entry => entry.Id == 12).Text, StringComparison.Ordinal);
        AssertIsNotAFault();
    }

    [Fact]
    public async Task Handler_CancelledByItselfWhileTheServerRuns_HasAFault()
    {
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "throws" }, Token));

        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
        Assert.Contains(_log.Entries, static entry => entry.Id == 10);
    }

    private Task<ThriftServer> StartAsync() => ThriftServer.StartAsync("127.0.0.1:0", server => server
        .AddService<ITestService>(new ScriptedService { Echo = EchoAsync, EchoUnary = AnswerAsync })
        .Logging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(_log)));

    private async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stopping = ThriftServerContext.Current!.Stopping;
        using var noted = stopping.UnsafeRegister(static stopped => ((TaskCompletionSource)stopped!).SetResult(), _stopped);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        await foreach (var request in requests.WithCancellation(end.Token))
        {
            yield return new() { Message = request.Message };
            if (request.Message == "stays")
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }
    }

    private async Task<Response> AnswerAsync(Request request, CancellationToken cancellationToken)
    {
        if (request.Message == "throws")
        {
            throw new OperationCanceledException();
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ThriftServerContext.Current!.Stopping);
        _waiting.SetResult();
        await Task.Delay(Timeout.Infinite, end.Token);
        return new();
    }

    private void AssertIsNotAFault() => Assert.DoesNotContain(_log.Entries, static entry => entry.Level >= LogLevel.Warning);
}
