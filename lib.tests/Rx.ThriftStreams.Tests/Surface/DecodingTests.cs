using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;
using ITestService = Demo.Echo.ITestService;
using Request = Demo.Echo.Request;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>A call that ends while a long response is decoded: the decoding stops.</summary>
public sealed class DecodingTests
{
    private static readonly string s_long = new('x', 300_000);

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    [InlineData("memory")]
    public async Task Stream_CancelledWhileAResponseIsDecoded_StopsDecoding(string scheme)
        => await AssertStopsAsync(scheme, null, async (invoker, cancellation) => await invoker
            .ServerStreamingAsync(new ThriftMethod<Request, Watched>("echo", "TestService", "EchoServer", ThriftStreamingMode.Server), Ask(s_long), cancellationToken: cancellation)
            .ToListAsync(TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("ttheader", ThriftTransport.Framed)]
    [InlineData("ttheader", ThriftTransport.Buffered)]
    [InlineData("ttheader", ThriftTransport.TTHeader)]
    [InlineData("grpc", null)]
    [InlineData("memory", null)]
    public async Task Call_CancelledWhileTheResponseIsDecoded_StopsDecoding(string scheme, ThriftTransport? transport)
        => await AssertStopsAsync(scheme, transport, (invoker, cancellation) => invoker
            .CallAsync(new ThriftMethod<Request, Watched>(string.Empty, "KitchenSink", "EchoString", ThriftStreamingMode.PingPong), Ask(s_long), cancellationToken: cancellation));

    private static async Task AssertStopsAsync(string scheme, ThriftTransport? transport, Func<ThriftInvoker, CancellationToken, Task> call)
    {
        await using var memory = ThriftInMemoryServer.Create(services => services.AddService<ITestService>(new EchoService()).AddService<IKitchenSink>(new SinkService()));
        await using var server = await ThriftServer.StartAsync(
            "127.0.0.1:0", services => services.AddService<ITestService>(new EchoService()).AddService<IKitchenSink>(new SinkService()));
        await using var channel = scheme == "memory"
            ? memory.CreateChannel()
            : PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", new() { PingPongTransport = transport });
        using var cancel = new CancellationTokenSource();
        var decoding = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        (Watched.OnText, Watched.OnRead) = (cancel.Cancel, error => decoding.TrySetResult(error));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call(new ThriftInvoker(channel), cancel.Token).Soon());

        Assert.IsType<OperationCanceledException>(await decoding.Task.Soon());
    }

    /// <summary>A response, or the result of a call, that is a text.</summary>
    private sealed class Watched : IThriftStruct<Watched>
    {
        /// <summary>Called before a text is read.</summary>
        internal static Action? OnText { get; set; }

        /// <summary>Called with the error of reading it.</summary>
        internal static Action<Exception?>? OnRead { get; set; }

        public static Watched Read<TReader>(ref TReader reader)
            where TReader : struct, IThriftReader, allows ref struct
        {
            reader.BeginStruct();
            while (reader.ReadFieldHeader(out var type, out _))
            {
                if (type == ThriftType.String)
                {
                    ReadText(ref reader);
                }
                else
                {
                    reader.Skip(type);
                }
            }

            reader.EndStruct();
            return new();
        }

        public void Write<TWriter>(ref TWriter writer)
            where TWriter : struct, IThriftWriter, allows ref struct
            => throw new NotSupportedException();

        private static void ReadText<TReader>(ref TReader reader)
            where TReader : struct, IThriftReader, allows ref struct
        {
            OnText!();
            try
            {
                _ = reader.ReadString();
                OnRead!(null);
            }
            catch (Exception error)
            {
                OnRead!(error);
                throw;
            }
        }
    }
}
