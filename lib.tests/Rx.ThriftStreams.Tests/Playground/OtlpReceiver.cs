using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>A collector for OTLP over HTTP that keeps the names of what arrives.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;

    private OtlpReceiver(WebApplication application) => _application = application;

    internal string Address => _application.Urls.Single();

    /// <summary>Spans and metrics of the library's scope: the name, then its attribute values or its unit.</summary>
    internal ConcurrentDictionary<string, string> Spans { get; } = new();

    /// <summary>All spans, of every scope: name, id and id of the parent.</summary>
    internal ConcurrentQueue<(string Name, string Id, string Parent)> Traces { get; } = new();

    /// <inheritdoc cref="Spans"/>
    internal ConcurrentDictionary<string, string> Metrics { get; } = new();

    /// <summary>The texts of log records.</summary>
    internal ConcurrentQueue<string> Logs { get; } = new();

    internal static async Task<OtlpReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._application.Run(receiver.ReceiveAsync);
        await receiver._application.StartAsync(cancellationToken);
        return receiver;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var signal = context.Request.Path.Value;

        // Each request has resources (1), they have scopes (2), and those a scope (1) with a name (1), and what was measured (2).
        foreach (var scoped in Fields(body.ToArray(), 1).SelectMany(static resource => Fields(resource, 2)))
        {
            var isOwn = Fields(scoped, 1).Any(static scope => Text(scope, 1) == ThriftDiagnostics.ActivitySourceName);
            foreach (var item in Fields(scoped, 2))
            {
                if (signal == "/v1/traces")
                {
                    // A span: id (2), that of its parent (4), name (5).
                    Traces.Enqueue((Text(item, 5), Id(item, 2), Id(item, 4)));
                }

                switch (signal)
                {
                    case "/v1/traces" when isOwn:
                        // A span: name (5), attributes (9) with key (1) and value (2), of which strings are field 1.
                        Spans[Text(item, 5)] = string.Join(' ', Fields(item, 9).Select(static pair => $"{Text(pair, 1)}={string.Concat(Fields(pair, 2).Select(static value => Text(value, 1)))}"));
                        break;
                    case "/v1/metrics" when isOwn:
                        // A metric: name (1), unit (3).
                        Metrics[Text(item, 1)] = Text(item, 3);
                        break;
                    case "/v1/logs":
                        // A record: body (5), of which strings are field 1.
                        Logs.Enqueue(string.Concat(Fields(item, 5).Select(static value => Text(value, 1))));
                        break;
                }
            }
        }

        context.Response.ContentType = "application/x-protobuf";
    }

    private static string Text(byte[] message, int field) => string.Concat(Fields(message, field).Select(System.Text.Encoding.UTF8.GetString));

    private static string Id(byte[] message, int field) => string.Concat(Fields(message, field).Select(Convert.ToHexStringLower));

    /// <summary>The fields of a message that have this number and a length.</summary>
    private static List<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }
}
