namespace Rx.ThriftStreams.InteropProgram.SelfTest;

/// <summary>What every client transport is tried with. Options are separated by bars.</summary>
internal static class SelfTestCases
{
    /// <summary>The cases of a transport.</summary>
    internal static IEnumerable<SelfTestCase> For(string transport)
    {
        var isGrpc = transport == "grpc";
        var streams = isGrpc || transport == "ttheader-streaming";
        IEnumerable<SelfTestCase> cases = [];
        if (streams)
        {
            cases = [.. Streams(isGrpc), .. isGrpc ? GrpcStreams() : FrameStreams()];
        }

        return transport == "ttheader-streaming" ? cases : [.. cases, .. Calls(transport)];
    }

    private static IEnumerable<SelfTestCase> Streams(bool isGrpc) =>
    [
        new("bidi", "--method|Echo|-n|2", ["SENT      [0]", "RECV      [0] \"hello-0\"", "SENT      [1]", "RECV      [1] \"hello-1\"", "CLOSESEND"]),
        new("bidi pipelined", "--method|Echo|-n|2|--lockstep=false", ["SENT      [0]", "SENT      [1]", "CLOSESEND", "RECV      [0] \"hello-0\"", "RECV      [1] \"hello-1\""]),
        new("bidi empty", "--method|Echo|-n|0", ["CLOSESEND"]),
        new("bidi unset message", "--method|Echo|-n|1|--message|<unset>", ["SENT      [0]", "RECV      [0] <unset>", "CLOSESEND"]),
        new("bidi nilmsg", "--method|Echo|-n|1|--message|nilmsg", ["SENT      [0]", "RECV      [0] <unset>", "CLOSESEND"]),
        new("bidi early return", "--method|Echo|-n|3|--message|return", ["SENT      [0]"]),
        new("server", "--method|EchoServer|--message|count:2", ["RECV      [0] \"message-0\"", "RECV      [1] \"message-1\""]),
        new("server empty", "--method|EchoServer|--message|count:0", []),
        new("server 64 KB", "--method|EchoServer|--message|count:1:65536", ["RECV      [0] \"xxx*"]),
        new("server 5 MB", "--method|EchoServer|--message|size:5242880", ["RECV      [0] \"xxx*"]),
        new("server early return", "--method|EchoServer|--message|return", []),
        new("client", "--method|EchoClient|-n|3", ["SENT      [0]", "SENT      [1]", "SENT      [2]", "RECV      [0] \"received:3:21:hello-0,hello-1,hello-2\""]),
        new("client empty", "--method|EchoClient|-n|0", ["RECV      [0] \"received:0:0\""]),
        new("client filler", "--method|EchoClient|-n|2|--message|xx%d", ["SENT      [0]", "SENT      [1]", "RECV      [0] \"received:2:6\""]),
        new("biz error", "--method|EchoServer|--message|biz:404:not found é%:k=v", ["BIZERR    code=404 message=\"not found é%\" extra={k=\"v\"}", .. Status(isGrpc, 13, "Internal", "not found é%")]),
        new("biz error after messages", "--method|EchoServer|--message|count:1;biz:5:bad", ["RECV      [0] \"message-0\"", "BIZERR    code=5 message=\"bad\" extra={}", .. Status(isGrpc, 13, "Internal", "bad")]),
        new("cancel in mid-stream", "--method|EchoServer|--message|count:2;cancelwatch:20000|--cancel-after|2", ["RECV      [0] \"message-0\"", "RECV      [1] \"message-1\"", isGrpc ? "STATUS    code=1(Canceled) message=\"context canceled\"" : "STREAMEX  code=12007*"]),
        new("receive timeout", "--method|EchoServer|--message|sleepctx:5000|--recv-timeout|200ms", ["TIMEOUT   kind=Recv"]),
        new("stream timeout", "--method|EchoServer|--message|sleepctx:5000|--timeout|500ms", ["TIMEOUT   kind=Stream"]),
        new("metainfo", "--method|EchoServer|--message|meta|--metainfo|TRANS=a|--persist|KEEP=b", ["RECV      [0] \"meta:*"]),
        .. Samples.Names.Select(sample => Payload($"sink bidi {sample}", "BidiEcho|-n|1", sample, closes: true)),
        new("sink server", "--method|ServerStream|--sample|min", ["RECV      [0] {\"f_bool\":false,*", "RECV      [1] {\"f_bool\":false,*", "RECV      [2] {\"f_bool\":false,*"]),
        new("sink client", "--method|ClientStream|-n|2|--sample|min", ["SENT      [0]", "SENT      [1]", "RECV      [0] {\"f_bool\":false,\"f_byte\":0,\"f_i16\":0,\"f_i32\":2,*"]),
    ];

    private static IEnumerable<SelfTestCase> GrpcStreams() =>
    [
        new("headers and trailers", "--method|EchoServer|--message|sendheader", ["RECV      [0] \"meta:*", "HEADERS   *", "TRAILERS  x-lab-trailer=\"trailer-value\""]),
        new("status", "--method|EchoServer|--message|error:9:nope", ["STATUS    code=9(FailedPrecondition) message=\"nope [biz error]\""]),
        new("gzip", "--method|Echo|-n|1|--compress|gzip|--message|x%d", ["SENT      [0]", "RECV      [0] \"x0\"", "CLOSESEND"]),
        new("deadline", "--method|EchoServer|--message|deadline|--timeout|30s", ["RECV      [0] \"deadline:2*"]),
        new("unknown method", "--method|NoSuchServer", ["STATUS    code=1(Canceled) message=\"unknown method NoSuchServer\""]),
        new("big header", "--method|EchoServer|--message|bigheader:200000", ["RECV      [0] \"bigheader:200000\"", "HEADERS   *", "TRAILERS"]),
    ];

    private static IEnumerable<SelfTestCase> FrameStreams() =>
    [
        new("headers and trailers", "--method|EchoServer|--message|sendheader", ["RECV      [0] \"meta:*", "HEADERS   x-lab-header=\"header-value\" x-lab-transport=\"ttheader\"", "TRAILERS  x-lab-trailer=\"trailer-value\""]),
        new("status", "--method|EchoServer|--message|error:9:nope", ["STREAMEX  code=12001 message=\"[ttstream error, code=12001] [client-side stream] biz error: rpc error: code = 9 desc = nope\""]),
        new("big header", "--method|EchoServer|--message|bigheader:20000", ["RECV      [0] \"bigheader:20000\"", "HEADERS   *", "TRAILERS"]),
    ];

    private static IEnumerable<SelfTestCase> Calls(string transport)
    {
        var isGrpc = transport == "grpc";
        var carriesBiz = transport is "grpc" or "ttheader" or "ttheaderframed";
        yield return new("ping-pong", "--method|EchoPingPong|-n|2", ["RECV      [0] \"hello-0\"", "RECV      [1] \"hello-1\""]);
        yield return new("unary", "--method|EchoUnary|-n|1", ["RECV      [0] \"hello-0\""]);
        yield return new("unset message", "--method|EchoPingPong|-n|1|--message|<unset>", ["RECV      [0] <unset>"]);
        yield return new("no result", "--method|EchoPingPong|-n|1|--message|return", ["RECV      [0] <nil response>"]);
        yield return new("5 MB", "--method|EchoPingPong|-n|1|--message|size:5242880", ["RECV      [0] \"xxx*"]);
        yield return new("biz error", "--method|EchoPingPong|-n|1|--message|biz:404:nf", carriesBiz ? ["BIZERR    code=404 message=\"nf\" extra={}", .. Status(isGrpc, 13, "Internal", "nf")] : ["RECV      [0] <nil response>"]);
        yield return new("status", "--method|EchoPingPong|-n|1|--message|error:9:nope", isGrpc
            ? ["STATUS    code=9(FailedPrecondition) message=\"nope [biz error]\""]
            : ["APPEX     type=6 message=\"biz error: rpc error: code = 9 desc = nope\""]);
        yield return new("declared exception", "--method|PingPong|-n|1|--second|throw:42:why", ["DECLARED  SinkException {\"code\":42,\"reason\":\"why\",\"detail\":{\"name\":\"detail\",\"count\":42,\"numbers\":[1]}}"]);
        yield return new("other declared exception", "--method|PingPong|-n|1|--second|throwother:why", ["DECLARED  OtherException {\"why\":\"why\"}"]);
        yield return new("void", "--method|DoVoid|-n|1", ["RECV      [0] <void>"]);
        yield return new("void exception", "--method|DoVoid|-n|1|--message|throw:7:no", ["DECLARED  SinkException {\"code\":7,\"reason\":\"no\",\"detail\":{\"name\":\"detail\",\"count\":7,\"numbers\":[1]}}"]);
        yield return new("oneway", "--method|Fire|-n|2", ["RECV      [0] <oneway>", "RECV      [1] <oneway>"]);
        yield return new("number", "--method|Add|-n|1", ["RECV      [0] 42"]);
        yield return new("text", "--method|EchoString|-n|1", ["RECV      [0] hello-0"]);
        yield return new("list", "--method|Range|-n|1", ["RECV      [0] [0 1 2 3 4]"]);
        yield return new("rpc timeout", "--method|EchoPingPong|-n|1|--message|sleep:2000|--rpc-timeout|300ms", ["TIMEOUT   kind=Rpc"]);
        foreach (var sample in Samples.Names)
        {
            yield return Payload($"sink {sample}", "PingPongDefault|-n|1", sample, closes: false);
        }
    }

    private static string[] Status(bool isThere, int code, string name, string message)
        => isThere ? [$"STATUS    code={code}({name}) message=\"{message}\""] : [];

    private static SelfTestCase Payload(string name, string method, string sample, bool closes)
    {
        string[] answer = [$"RECV      [0] {PayloadJson.Of(Samples.Create(sample))}"];
        return new(name, $"--method|{method}|--sample|{sample}", closes ? ["SENT      [0]", .. answer, "CLOSESEND"] : answer);
    }
}
