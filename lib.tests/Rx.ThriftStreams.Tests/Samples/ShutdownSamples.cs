using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The sample of the page about shutdown.</summary>
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
