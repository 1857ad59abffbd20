using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A call without a channel, over a transport that a test scripts.</summary>
internal sealed class ScriptedCall
{
    private static readonly ThriftCallOptions s_noOptions = new();

    private ScriptedCall(ClientCall<Request, Response> call) => Call = call;

    public ClientCall<Request, Response> Call { get; }

    public ScriptedTransport Transport { get; } = new();

    /// <summary>Creates a call that has not begun and has no stream.</summary>
    public static ScriptedCall Create(
        ThriftStreamingMode mode = ThriftStreamingMode.Bidirectional,
        ThriftCallOptions? options = null,
        TimeProvider? clock = null,
        TimeSpan? limit = null,
        ThriftServerContext? parent = null,
        CallObservation? observation = null,
        ILogger? log = null)
    {
        clock ??= new FakeTimeProvider();
        var start = new ClientCallStart(options ?? s_noOptions, clock, limit, headers: null, metaInfo: null);
        log ??= Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        return new(new(ScriptedTransport.Method(mode), start, observation, parent) { Failures = new(log, clock, new(log, clock), "scripted") });
    }

    /// <summary>Creates a call that has begun and has its stream.</summary>
    public static ScriptedCall Begin(
        ThriftStreamingMode mode = ThriftStreamingMode.Bidirectional,
        ThriftCallOptions? options = null,
        TimeProvider? clock = null,
        TimeSpan? limit = null,
        ThriftServerContext? parent = null,
        CallObservation? observation = null)
    {
        var created = Create(mode, options, clock, limit, parent, observation);
        created.Call.Begin(default, default);
        created.Attach();
        return created;
    }

    public void Attach()
    {
        var stream = Transport.OpenAsync(ScriptedTransport.Method(Call.Method.Mode), Call.Start, default);
        Assert.True(stream.IsCompletedSuccessfully);
        Call.Attach(stream.Result);
    }
}
