using System.Diagnostics;
using System.Globalization;
using Rx.ThriftStreams.InteropProgram.Idl;
using Rx.ThriftStreams.InteropProgram.Server;

namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary>What a worker does in each case. Every reply is checked.</summary>
internal sealed class BenchCases(TestServiceClient client, string transport)
{
    /// <summary>How many messages a stream of one direction has at most, so that its end is checked now and then.</summary>
    private const int MessagesPerStream = 200_000;

    /// <summary>Bytes a stream of one direction has at most.</summary>
    private const long BytesPerStream = 256L * 1024 * 1024;

    /// <summary>Send one, receive one.</summary>
    internal async Task BidirectionalAsync(BenchWorker worker)
    {
        var request = new Request { Message = new string('x', 16) };
        await using var stream = await client.OpenEchoAsync();
        await using var responses = stream.GetAsyncEnumerator();
        while (!worker.IsOver)
        {
            var started = Stopwatch.GetTimestamp();
            await stream.SendAsync(request);
            if (!await responses.MoveNextAsync())
            {
                worker.Wrong();
                return;
            }

            worker.Done(started);
            if (responses.Current.Message != request.Message)
            {
                worker.Wrong();
            }
        }

        await stream.CompleteAsync();
        if (await responses.MoveNextAsync())
        {
            worker.Wrong();
        }
    }

    /// <summary>Receive messages of a size.</summary>
    internal async Task ServerStreamingAsync(BenchWorker worker, int size)
    {
        // A text too short to be filler is not all x: the server numbers such messages.
        var filler = size >= ReplyCommands.FillerSize ? new string('x', size) : null;
        var perStream = MessagesFor(size);
        var request = new Request { Message = string.Create(CultureInfo.InvariantCulture, $"count:{perStream}:{size}") };
        while (!worker.IsOver)
        {
            await using var stream = await client.OpenEchoServerAsync(request);
            var received = 0;
            var last = Stopwatch.GetTimestamp();
            await foreach (var response in stream)
            {
                last = worker.Done(last);
                if (!string.Equals(response.Message, filler ?? ReplyCommands.Numbered(received, size), StringComparison.Ordinal))
                {
                    worker.Wrong();
                }

                received++;
                if (worker.IsOver)
                {
                    return;
                }
            }

            if (received != perStream)
            {
                worker.Wrong();
            }
        }
    }

    /// <summary>Send messages of a size.</summary>
    internal async Task ClientStreamingAsync(BenchWorker worker, int size)
    {
        var request = new Request { Message = new string('x', size) };
        var perStream = MessagesFor(size);
        while (!worker.IsOver)
        {
            await using var stream = await client.OpenEchoClientAsync();
            long sent = 0;
            var last = Stopwatch.GetTimestamp();
            for (; sent < perStream && !worker.IsOver; sent++)
            {
                await stream.SendAsync(request);
                last = worker.Done(last);
            }

            var response = await stream.CompleteAndReceiveAsync();
            if (response.Message != string.Create(CultureInfo.InvariantCulture, $"received:{sent}:{sent * size}"))
            {
                worker.Wrong();
            }
        }
    }

    /// <summary>Call and wait.</summary>
    internal async Task UnaryAsync(BenchWorker worker)
    {
        var request = new Request { Message = new string('x', 16) };
        while (!worker.IsOver)
        {
            var started = Stopwatch.GetTimestamp();
            var response = transport == "grpc" ? await client.EchoUnaryAsync(request) : await client.EchoPingPongAsync(request);
            worker.Done(started);
            if (response.Message != request.Message)
            {
                worker.Wrong();
            }
        }
    }

    private static int MessagesFor(int size) => (int)Math.Clamp(BytesPerStream / size, 1, MessagesPerStream);
}
