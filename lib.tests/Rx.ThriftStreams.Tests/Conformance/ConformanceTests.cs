using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Every recorded call, on each side.</summary>
public sealed class ConformanceTests(ConformanceFixture conformance) : IClassFixture<ConformanceFixture>
{
    public static TheoryData<string> Names => [.. Recording.All.Select(recording => recording.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Server_FedWithARecordedClient_AnswersAsRecorded(string name) => AssertAgrees(await conformance.ServerAsync(name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Client_AnsweredAsRecorded_SaysWhatTheRecordedClientSaid(string name) => AssertAgrees(await conformance.ClientAsync(name));

    /// <summary>A second is enough for the recorded call, and not for a busy machine.</summary>
    [Theory]
    [InlineData("pingpong-framed-rpctimeout", "-rpc-timeout", "60s")]
    [InlineData("pingpong-ttheader-sink-nilstruct", "-rpc-timeout", "60s")]
    [InlineData("grpc-unknown-bidi", "-timeout", "60s")]
    [InlineData("pingpong-framed-rpctimeout-exceeded", "-rpc-timeout", "2s")]
    [InlineData("pingpong-grpc-sink-nilunion", "-rpc-timeout", "2s")]
    [InlineData("grpc-recvtimeout-bidi", "-recv-timeout", "2s")]
    public void ArgumentsOf_ACallWithALimit_AllowMoreThanRecorded(string name, string option, string limit)
        => Assert.Equal([option, limit], ConformanceFixture.ArgumentsOf(Recording.Get(name)).SkipWhile(word => word != option).Take(2));

    private static void AssertAgrees(Verdict verdict) => Assert.False(verdict.Kind == VerdictKind.Differs, $"{verdict.Name}\n{verdict.Detail}");
}
