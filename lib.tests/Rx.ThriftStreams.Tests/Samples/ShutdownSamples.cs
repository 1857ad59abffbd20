using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Reactive;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the page about shutdown.</summary>
public sealed class ShutdownSamples
{
    [Fact]
    public async Task Stopping_StreamWithoutAnEnd_EndsInOrder()
    {
        var service = new ScriptedService { EchoServer = new Ticker(TimeSpan.FromMilliseconds(1)).EchoServerAsync };
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(service));
        await using var channel = PatientChannel.ForAddress($"ttheader://{server.Endpoint}");
        var ticks = 0;
        Task? stopping = null;

        var error = await Assert.ThrowsAsync<ThriftStatusException>(async () =>
        {
            await foreach (var tick in new TestServiceClient(channel).EchoServerAsync(new(), TestContext.Current.CancellationToken))
            {
                ticks++;
                stopping ??= server.StopAsync(TestContext.Current.CancellationToken);
            }
        });

        Assert.Equal(ThriftStatusCode.Unavailable, error.StatusCode);
        Assert.NotEqual(0, ticks);
        await stopping!.Soon();
    }

    [Fact]
    public async Task Waiting_StreamOfAnIdleCaller_IsResumedElsewhere()
    {
        var service = new ScriptedService { Echo = new Chat().EchoAsync };
        await using var first = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(service));
        await using var second = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(service));
        await using var channel = PatientChannel.ForAddress($"grpc://{first.Endpoint}");
        await using var other = PatientChannel.ForAddress($"grpc://{second.Endpoint}");
        var more = Channel.CreateUnbounded<Request>();
        var answers = new List<string>();
        Task? stopping = null;
        more.Writer.TryWrite(new() { Message = "before" });

        var chat = new TestServiceClient(channel).EchoAsync(more.Reader.ReadAllAsync(), TestContext.Current.CancellationToken)
            .Resume(_ => new TestServiceClient(other).EchoAsync(new Request[] { new() { Message = "after" } }.ToAsyncEnumerable(), TestContext.Current.CancellationToken));
        await foreach (var answer in chat)
        {
            answers.Add(answer.Message!);
            stopping ??= first.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(["before", "after"], answers);
        await stopping!.Soon();
    }

    private sealed class Chat
    {
        // <sample shutdown-waiting>
        public async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ThriftServerContext.Current!.Stopping);
            await foreach (var request in requests.WithCancellation(end.Token))
            {
                yield return new Response { Message = request.Message };
            }
        }

        // </sample shutdown-waiting>
    }

    private sealed class Ticker(TimeSpan interval)
    {
        // <sample shutdown-stopping>
        public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var stopping = ThriftServerContext.Current!.Stopping;
            for (var i = 0; !stopping.IsCancellationRequested; i++)
            {
                yield return new Response { Message = $"tick {i}" };
                await Task.Delay(interval, cancellationToken);
            }

            // Not the normal end of a stream: a caller that resumes it asks another server for the rest.
            throw new ThriftStatusException(ThriftStatusCode.Unavailable, "The server stops.");
        }

        // </sample shutdown-stopping>
    }
}
