using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>How a stream is created: at once where that is possible, else endpoint after endpoint, and what is counted and told at each step.</summary>
public sealed class StreamConnectorTests
{
    private static readonly ThriftMethod<Request, Response> s_method = ScriptedTransport.Method(ThriftStreamingMode.Bidirectional);
    private static readonly ThriftConnectException s_refused = new("127.0.0.1:1", new IOException("Connection refused"));

    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingTransport _transport = new();
    private readonly Picks _picks = new();

    [Fact]
    public async Task Connect_TransportHasAConnection_IsDoneAtOnceWithItsOwnStream()
    {
        await using var connector = Create(1);

        var connecting = connector.ConnectAsync(s_method, Start());

        Assert.True(connecting.IsCompletedSuccessfully);
        Assert.Same(_transport.Opened, await connecting);
        Assert.Equal((1, 0, 1), (_transport.Evidence.Count, _transport.Connects, _picks.All.Count));
    }

    [Fact]
    public async Task Connect_TransportHasNoConnection_WaitsForOneOnTheSameEndpoint()
    {
        _transport.HasConnection = false;
        await using var connector = Create(2);

        var stream = await connector.ConnectAsync(s_method, Start());

        Assert.Same(_transport.Opened, stream);
        Assert.Equal((1, "127.0.0.1:1"), (_transport.Connects, Assert.Single(_picks.All).Endpoint.Address));
    }

    [Theory]
    [InlineData(1, 2, "Presumed")]
    [InlineData(2, 1, "Presumed")]
    [InlineData(2, 2, "Established Presumed")]
    [InlineData(3, 2, "Established Presumed")]
    [InlineData(3, 3, "Established Established Presumed")]
    public async Task Evidence_IsPresumedOnlyWhereNoOtherEndpointWillBeTried(int endpoints, int attempts, string expected)
    {
        _transport.HasConnection = false;
        _transport.Error = s_refused;
        await using var connector = Create(endpoints, resilience => resilience.ConnectRetry = new() { MaxAttempts = attempts });

        Assert.Same(s_refused, await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start()).AsTask()));

        // The first one is asked twice: at once, and where it may wait.
        Assert.Equal(expected, string.Join(' ', _transport.Evidence.Skip(1)));
    }

    [Fact]
    public async Task TryOpen_ThatThrows_IsAFailureOfItsEndpointLikeAnyOther()
    {
        _transport.AtOnce = static () => throw s_refused;
        await using var connector = Create(2, static resilience => resilience.CircuitBreaker = new() { MinimumThroughput = 3, FailureRatio = 0.5 });

        for (var i = 0; i < 3; i++)
        {
            Assert.Same(s_refused, await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start()).AsTask()));
        }

        Assert.Equal(2, _picks.All.Distinct().Count());
        Assert.Equal(0, _transport.Connects);
        await Assert.ThrowsAsync<ThriftCircuitOpenException>(() => connector.ConnectAsync(s_method, Start()).AsTask());
    }

    [Fact]
    public async Task Pipeline_OfTheUser_WrapsAlsoWhatIsDoneAtOnce()
    {
        var executions = 0;
        var pipeline = new ResiliencePipelineBuilder().AddStrategy(_ => new Counting(() => executions++), new CountingOptions()).Build();
        await using var connector = Create(1, resilience => (resilience.ConnectRetry, resilience.ConnectPipeline) = (null, _ => pipeline));

        var stream = await connector.ConnectAsync(s_method, Start());

        Assert.Same(_transport.Opened, stream);
        Assert.Equal((1, 0), (executions, _transport.Connects));
    }

    [Fact]
    public async Task Budget_CountsStreamsThatWereCreatedAtOnce()
    {
        await using var connector = Create(2, static resilience => resilience.ConnectRetry = new() { Budget = 0.2 });
        for (var i = 0; i < 100; i++)
        {
            await connector.ConnectAsync(s_method, Start());
        }

        _transport.HasConnection = false;
        _transport.Error = s_refused;
        _picks.All.Clear();
        for (var i = 0; i < 15; i++)
        {
            Assert.Same(s_refused, await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start()).AsTask()));
        }

        // Each of them was retried: fifteen retries are less than a fifth of all attempts, of which a hundred succeeded.
        Assert.Equal(30, _picks.All.Count);
    }

    [Fact]
    public async Task Attempts_OfACall_NoteTheirEndpoint_AndGoToAnotherAsLongAsThereIsOne()
    {
        await using var connector = Create(2);
        var attempts = new CallAttempts(s_method, new Request(), new(), limit: null, _clock);
        for (var i = 0; i < 3; i++)
        {
            await connector.ConnectAsync(s_method, Start(new() { Attempts = attempts }));
        }

        Assert.Equal(["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1"], _picks.All.Select(static candidate => candidate.Endpoint.Address));
        Assert.Equal(3, attempts.UsedEndpoints()!.Count);
    }

    [Fact]
    public async Task Attempts_OfACall_FailedEndpoint_IsNotTriedAgainForTheSameStream()
    {
        await using var connector = Create(3);
        var attempts = new CallAttempts(s_method, new Request(), new(), limit: null, _clock);
        await connector.ConnectAsync(s_method, Start(new() { Attempts = attempts }));
        _transport.HasConnection = false;
        _transport.Error = s_refused;
        _picks.All.Clear();

        await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start(new() { Attempts = attempts })).AsTask());

        Assert.Equal(["127.0.0.1:2", "127.0.0.1:3"], _picks.All.Take(2).Select(static candidate => candidate.Endpoint.Address));
    }

    [Fact]
    public async Task Endpoint_OfTheCall_ThatIsNoAddress_IsRefusedThoughAConnectionIsThere()
    {
        await using var connector = Create(1);

        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => connector.ConnectAsync(s_method, Start(new() { Endpoint = "no address" })).AsTask());

        Assert.Contains(nameof(ThriftCallOptions.Endpoint), error.Message + error.ParamName, StringComparison.Ordinal);
        Assert.Empty(_transport.Evidence);
    }

    [Fact]
    public async Task Endpoint_OfTheCall_IsTheOnlyOneThatIsTried()
    {
        _transport.HasConnection = false;
        _transport.Error = s_refused;
        await using var connector = Create(3);

        await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start(new() { Endpoint = "127.0.0.1:2" })).AsTask());

        Assert.Equal((1, 0), (_transport.Connects, _picks.All.Count));
        Assert.Equal("Presumed", string.Join(' ', _transport.Evidence));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenStreams_AreCountedWhereTheyAreCreated_AndNotWhereThatFailed(bool fails)
    {
        _picks.Tracks = true;
        _transport.HasConnection = false;
        _transport.Error = fails ? s_refused : null;
        await using var connector = Create(2);

        var stream = fails ? null : await connector.ConnectAsync(s_method, Start());
        if (fails)
        {
            await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start()).AsTask());
        }

        Assert.Equal(fails ? [0, 0] : [1], _picks.All.Select(static candidate => candidate.OpenStreams));
        if (stream is not null)
        {
            await stream.DisposeAsync();
            Assert.Equal(0, _picks.All.Single().OpenStreams);
        }
    }

    [Fact]
    public async Task OpenStreams_BreakerOfTheEndpointIsOpen_AreNotCounted()
    {
        _picks.Tracks = true;
        _transport.HasConnection = false;
        _transport.Error = s_refused;
        await using var connector = Create(1, static resilience => resilience.CircuitBreaker = new() { MinimumThroughput = 2, FailureRatio = 0.5 });
        for (var i = 0; i < 10; i++)
        {
            await Record.ExceptionAsync(() => connector.ConnectAsync(s_method, Start()).AsTask());
        }

        Assert.All(_picks.All, static candidate => Assert.Equal(0, candidate.OpenStreams));
    }

    [Fact]
    public async Task Call_OverBeforeItsStreamIsCreated_LeavesTheTransportAlone()
    {
        _transport.HasConnection = false;
        await using var connector = Create(1);
        var start = Start();
        var cancelled = new CancellationToken(canceled: true);
        start.Call = new Lifetime(cancelled);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connector.ConnectAsync(s_method, start).AsTask());

        Assert.Equal(0, _transport.Connects);
    }

    [Fact]
    public async Task TransportName_IsThatOfTheMethod_OrTheAddressOfTheOnlyTransport()
    {
        await using var only = Create(1);
        var options = Options(static _ => { });
        await using var selecting = new StreamConnector(
            ThriftAddress.Parse("grpc://127.0.0.1:1", options), options, new(options, NullLogger.Instance), new(_clock));

        Assert.Contains("127.0.0.1:1", only.TransportName(s_method), StringComparison.Ordinal);
        Assert.Equal("grpc", selecting.TransportName(s_method));
    }

    [Fact]
    public async Task Prepare_WithTheOnlyTransport_ConnectsToNothing()
    {
        await using var connector = Create(2);

        await connector.PrepareAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal((0, 0), (_transport.Connects, _transport.Evidence.Count));
    }

    [Fact]
    public async Task Dispose_DisposesTheOnlyTransport()
    {
        await Create(1).DisposeAsync();

        Assert.Equal(1, _transport.Disposals);
    }

    private StreamConnector Create(int endpoints, Action<ThriftResilienceOptions>? configure = null)
    {
        var options = Options(configure ?? (static _ => { }));
        var address = $"ttheader://{string.Join(',', Enumerable.Range(1, endpoints).Select(static port => $"127.0.0.1:{port}"))}";
        return new(ThriftAddress.Parse(address, options), options, new(options, NullLogger.Instance), new(_clock), _transport);
    }

    private ThriftChannelOptions Options(Action<ThriftResilienceOptions> configure)
    {
        var options = new ThriftChannelOptions { Balancer = _picks, TimeProvider = _clock, Resilience = { ConnectTimeout = Timeout.InfiniteTimeSpan, CircuitBreaker = null } };
        configure(options.Resilience);
        return options;
    }

    private ClientCallStart Start(ThriftCallOptions? options = null) => new(options ?? new(), _clock, limit: null, headers: null, metaInfo: null);

    private sealed record Lifetime(CancellationToken Over) : ICallLifetime
    {
        public void Tries(string endpoint)
        {
            // Nothing here asks for it.
        }
    }

    /// <summary>Has a connection, or must connect first.</summary>
    private sealed class RecordingTransport : ClientTransport
    {
        public bool HasConnection { get; set; } = true;

        public Exception? Error { get; set; }

        public Action? AtOnce { get; set; }

        public List<ConnectionEvidence> Evidence { get; } = [];

        public int Connects { get; private set; }

        public int Disposals { get; private set; }

        public object? Opened { get; private set; }

        internal override ClientTransportStream<TRequest, TResponse>? TryOpen<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method, ClientCallStart start, ConnectionEvidence evidence)
        {
            Evidence.Add(evidence);
            AtOnce?.Invoke();
            return HasConnection ? Open<TRequest, TResponse>() : null;
        }

        internal override ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method, ClientCallStart start, CancellationToken cancellationToken)
        {
            Connects++;
            return Error is { } error ? ValueTask.FromException<ClientTransportStream<TRequest, TResponse>>(error) : new(Open<TRequest, TResponse>());
        }

        public override ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }

        private InstantStream<TRequest, TResponse> Open<TRequest, TResponse>()
            where TRequest : class, IThriftStruct<TRequest>
            where TResponse : class, IThriftStruct<TResponse>
        {
            var stream = new InstantStream<TRequest, TResponse>();
            Opened = stream;
            return stream;
        }
    }

    /// <summary>Picks the first that may be picked, and records it.</summary>
    private sealed class Picks : ThriftBalancer
    {
        public List<ThriftCandidate> All { get; } = [];

        public bool Tracks { get; set; }

        public override bool TracksStreams => Tracks;

        public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates) => new Picker(this, candidates);

        private sealed class Picker(Picks picks, IReadOnlyList<ThriftCandidate> candidates) : ThriftPicker
        {
            public override ThriftCandidate? Pick(in ThriftPickContext context)
            {
                foreach (var candidate in candidates)
                {
                    if (context.CanPick(candidate))
                    {
                        picks.All.Add(candidate);
                        return candidate;
                    }
                }

                return null;
            }
        }
    }

    private sealed class CountingOptions() : ResilienceStrategyOptions;

    private sealed class Counting(Action executed) : ResilienceStrategy
    {
        protected override ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            executed();
            return callback(context, state);
        }
    }
}
