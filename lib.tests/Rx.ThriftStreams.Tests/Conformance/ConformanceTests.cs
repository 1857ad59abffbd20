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

    private static void AssertAgrees(Verdict verdict) => Assert.False(verdict.Kind == VerdictKind.Differs, $"{verdict.Name}\n{verdict.Detail}");
}
