using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Rx.ThriftStreams.Tests.HttpJson;

/// <summary>Calls by curl and by a browser, which know nothing of this library.</summary>
public sealed class ForeignClientTests
{
    private const string Page =
        """
        <!doctype html><script type="module">
        const result = {};
        const message = { message: 'page' };
        result.fetch = await (await fetch('/api/echo.TestService/EchoPingPong', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) })).json();
        const failed = await fetch('/api/shop.Shop/Get', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '""' });
        result.problem = [failed.status, (await failed.json()).exception];
        result.events = await new Promise(resolve => {
            const seen = [];
            const source = new EventSource('/api/echo.TestService/EchoServer?request=' + encodeURIComponent(JSON.stringify(message)));
            source.onmessage = event => seen.push(JSON.parse(event.data).message);
            source.addEventListener('end', () => { source.close(); resolve(seen); });
        });
        result.socket = await new Promise(resolve => {
            const seen = [];
            const socket = new WebSocket(`ws://${location.host}/api/echo.TestService/Echo`);
            socket.onopen = () => {
                for (const text of ['a', 'b']) { socket.send(JSON.stringify({ message: { message: text } })); }
                socket.send('{"end":{}}');
            };
            socket.onmessage = event => seen.push(event.data);
            socket.onclose = event => resolve([...seen, event.code]);
        });
        await fetch('/done', { method: 'POST', body: JSON.stringify(result) });
        </script>
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Curl_PostAndStream_AnswerJson()
    {
        await using var host = await JsonHost.StartAsync();

        var item = await CurlAsync("-d", "\"pen\"", "-H", "content-type: application/json", $"http://{host.Authority}/api/shop.Shop/Get");
        var lines = await CurlAsync("-N", "--json", """{"message":"c"}""", $"http://{host.Authority}/api/echo.TestService/EchoServer", "-H", "accept: */*");
        var events = await CurlAsync("-N", "-G", "--data-urlencode", """request={"message":"c"}""", "-H", "accept: text/event-stream", $"http://{host.Authority}/api/echo.TestService/EchoServer");
        var status = await CurlAsync("-o", OperatingSystem.IsWindows() ? "NUL" : "/dev/null", "-w", "%{http_code} %{content_type}", "--json", "{", $"http://{host.Authority}/api/shop.Shop/Get");

        Assert.Equal("""{"name":"pen","count":1,"data":"AP/+"}""", item);
        Assert.EndsWith("{\"message\":{\"message\":\"c-2\"}}\n{\"end\":{}}\n", lines, StringComparison.Ordinal);
        Assert.EndsWith("data: {\"message\":\"c-2\"}\n\nevent: end\ndata: {}\n\n", events, StringComparison.Ordinal);
        Assert.Equal("400 application/problem+json", status);
    }

    [Fact]
    public async Task Browser_FetchEventSourceAndWebSocket_Work()
    {
        var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await JsonHost.StartAsync(map: app =>
        {
            app.MapGet("/page", static http =>
            {
                http.Response.ContentType = "text/html";
                return http.Response.WriteAsync(Page, http.RequestAborted);
            });
            app.MapPost("/done", async http => done.TrySetResult(await new StreamReader(http.Request.Body).ReadToEndAsync(http.RequestAborted)));
        });
        var profile = Directory.CreateTempSubdirectory();
        var browser = Start("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", $"--user-data-dir={profile.FullName}", "--remote-debugging-port=0", $"http://{host.Authority}/page");
        try
        {
            var result = JsonNode.Parse(await done.Task.WaitAsync(TimeSpan.FromMinutes(2), Token))!;

            Assert.Equal("""{"message":"page"}""", result["fetch"]!.ToJsonString());
            Assert.Equal("""[422,"Refused"]""", result["problem"]!.ToJsonString());
            Assert.Equal("""["page-0","page-1","page-2"]""", result["events"]!.ToJsonString());
            Assert.Equal(
                ["""{"message":{"message":"a"}}""", """{"message":{"message":"b"}}""", """{"end":{}}""", "1000"],
                result["socket"]!.AsArray().Select(static node => node!.ToString()));
        }
        finally
        {
            browser.Kill(entireProcessTree: true);
            await browser.WaitForExitAsync(CancellationToken.None);
            browser.Dispose();
            DeleteProfile(profile);
        }
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        using var curl = Start("curl", ["-sS", "--max-time", "60", .. arguments]);
        var output = await curl.StandardOutput.ReadToEndAsync(Token);
        await curl.WaitForExitAsync(Token);
        Assert.Equal(0, curl.ExitCode);
        return output;
    }

    /// <summary>Starts a program. Skips the test where it is not installed, unless RX_REQUIRE_PEERS is set.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = program != "curl" })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("RX_REQUIRE_PEERS") is null, $"{program} is not installed.");
            throw;
        }
    }

    /// <summary>A process that the browser started may still write while it ends.</summary>
    private static void DeleteProfile(DirectoryInfo profile)
    {
        try
        {
            profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // It is in the directory for temporary files.
        }
    }
}
