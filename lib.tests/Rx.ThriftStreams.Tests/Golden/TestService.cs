using Rx.ThriftStreams;
using Rx.ThriftStreams.Contracts;
namespace Demo.Echo;

// ---------- ITestService.g.cs
/// <summary>…doc from IDL, else: The service <c>TestService</c>.</summary>
public interface ITestService : IThriftService<ITestService>      // service B extends A:  public interface IB : IA, IThriftService<IB>
{
    IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default);
    Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default);
    IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default);
    Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default);
    Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default);
    // void:  Task DoVoidAsync(string what, CancellationToken cancellationToken = default);   oneway: Task FireAsync(string what, …);   i32: Task<int> AddAsync(int a, int b, …)

    static ThriftServiceDescriptor<ITestService> IThriftService<ITestService>.Descriptor => TestServiceDescriptor.Instance;
}

// ---------- TestServiceDescriptor.g.cs
internal static class TestServiceDescriptor     // holds the methods; used by the client too. Delegates are static lambdas: no reflection.
{
    internal static readonly ThriftMethod<Request, Response> Echo = new("echo", "TestService", "Echo", StreamingMode.Bidirectional);
    internal static readonly ThriftMethod<Request, Response> EchoClient = new("echo", "TestService", "EchoClient", StreamingMode.Client);
    internal static readonly ThriftMethod<Request, Response> EchoServer = new("echo", "TestService", "EchoServer", StreamingMode.Server);
    internal static readonly ThriftMethod<TestServiceEchoUnaryArgs, TestServiceEchoUnaryResult> EchoUnary = new("echo", "TestService", "EchoUnary", StreamingMode.Unary);
    internal static readonly ThriftMethod<TestServiceEchoPingPongArgs, TestServiceEchoPingPongResult> EchoPingPong = new("echo", "TestService", "EchoPingPong", StreamingMode.PingPong);

    internal static readonly ThriftServiceDescriptor<ITestService> Instance = new("echo", "TestService", static binder =>
    {
        binder.AddBidirectional(Echo, static (service, requests, cancellationToken) => service.EchoAsync(requests, cancellationToken));
        binder.AddClientStreaming(EchoClient, static (service, requests, cancellationToken) => service.EchoClientAsync(requests, cancellationToken));
        binder.AddServerStreaming(EchoServer, static (service, request, cancellationToken) => service.EchoServerAsync(request, cancellationToken));
        binder.AddUnary(EchoUnary, static async (service, args, cancellationToken) =>
            new TestServiceEchoUnaryResult { Success = await service.EchoUnaryAsync(args.Req ?? new Request(), cancellationToken).ConfigureAwait(false) });
        // with throws:  try { return new XResult { Success = await … }; } catch (SinkException e) { return new XResult { Sink = e }; }
        // an argument of struct type that is absent on the wire becomes an empty struct where the struct has no required fields; else a ThriftProtocolException.RequiredFieldMissing-like error.
        binder.AddUnary(EchoPingPong, static async (service, args, cancellationToken) =>
            new TestServiceEchoPingPongResult { Success = await service.EchoPingPongAsync(args.Req ?? new Request(), cancellationToken).ConfigureAwait(false) });
    });
}

// ---------- TestServiceClient.g.cs
public sealed partial class TestServiceClient : ThriftClient, ITestService
{
    public TestServiceClient(ThriftChannel channel, ThriftCallOptions options = default) : base(channel, options) { }

    // the interface's methods: cold for streams
    public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => DuplexAsync(TestServiceDescriptor.Echo, requests, default, cancellationToken);
    // the same with options (merged over the client's and the channel's), same return type
    public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, ThriftCallOptions options, CancellationToken cancellationToken = default)
        => DuplexAsync(TestServiceDescriptor.Echo, requests, options, cancellationToken);
    // the call object: hot, one call; awaited until the stream is created
    public ValueTask<ThriftDuplexStream<Request, Response>> OpenEchoAsync(ThriftCallOptions options = default, CancellationToken cancellationToken = default)
        => OpenDuplexAsync(TestServiceDescriptor.Echo, options, cancellationToken);

    public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => ClientStreamingAsync(TestServiceDescriptor.EchoClient, requests, default, cancellationToken);
    public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, ThriftCallOptions options, CancellationToken cancellationToken = default)
        => ClientStreamingAsync(TestServiceDescriptor.EchoClient, requests, options, cancellationToken);
    public ValueTask<ThriftClientStream<Request, Response>> OpenEchoClientAsync(ThriftCallOptions options = default, CancellationToken cancellationToken = default)
        => OpenClientStreamingAsync(TestServiceDescriptor.EchoClient, options, cancellationToken);

    public IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
        => ServerStreamingAsync(TestServiceDescriptor.EchoServer, req, default, cancellationToken);
    public IAsyncEnumerable<Response> EchoServerAsync(Request req, ThriftCallOptions options, CancellationToken cancellationToken = default)
        => ServerStreamingAsync(TestServiceDescriptor.EchoServer, req, options, cancellationToken);
    public ValueTask<ThriftStream<Response>> OpenEchoServerAsync(Request req, ThriftCallOptions options = default, CancellationToken cancellationToken = default)
        => OpenServerStreamingAsync(TestServiceDescriptor.EchoServer, req, options, cancellationToken);

    // unary, ping-pong: `Unwrap` is a static method on the client that returns Success or throws the declared exception, or ThriftApplicationException(MissingResult, "EchoUnary failed: unknown result") if neither
    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        => CallAsync(TestServiceDescriptor.EchoUnary, new TestServiceEchoUnaryArgs { Req = req }, EchoUnaryResult, default, cancellationToken);
    public Task<Response> EchoUnaryAsync(Request req, ThriftCallOptions options, CancellationToken cancellationToken = default)
        => CallAsync(TestServiceDescriptor.EchoUnary, new TestServiceEchoUnaryArgs { Req = req }, EchoUnaryResult, options, cancellationToken);
    public ValueTask<ThriftCall<Response>> OpenEchoUnaryAsync(Request req, ThriftCallOptions options = default, CancellationToken cancellationToken = default)
        => OpenCallAsync(TestServiceDescriptor.EchoUnary, new TestServiceEchoUnaryArgs { Req = req }, EchoUnaryResult, options, cancellationToken);
    private static Response EchoUnaryResult(TestServiceEchoUnaryResult result) => result.Success ?? throw MissingResult("EchoUnary");

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        => CallAsync(TestServiceDescriptor.EchoPingPong, new TestServiceEchoPingPongArgs { Req = req }, EchoPingPongResult, default, cancellationToken);
    public Task<Response> EchoPingPongAsync(Request req, ThriftCallOptions options, CancellationToken cancellationToken = default)
        => CallAsync(TestServiceDescriptor.EchoPingPong, new TestServiceEchoPingPongArgs { Req = req }, EchoPingPongResult, options, cancellationToken);
    public ValueTask<ThriftCall<Response>> OpenEchoPingPongAsync(Request req, ThriftCallOptions options = default, CancellationToken cancellationToken = default)
        => OpenCallAsync(TestServiceDescriptor.EchoPingPong, new TestServiceEchoPingPongArgs { Req = req }, EchoPingPongResult, options, cancellationToken);
    private static Response EchoPingPongResult(TestServiceEchoPingPongResult result) => result.Success ?? throw MissingResult("EchoPingPong");
    // void with throws:  CallAsync(method, args, DoVoidResult, …) with `private static bool DoVoidResult(XResult result) => result.Sink is { } sink ? throw sink : true`  — returned as Task (Task<bool> is a Task)
    // oneway:            Task FireAsync(string what, …) => SendOnewayAsync(method, args, options, cancellationToken);   no Open… for oneway
}
