using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>A service with a method of every kind, whose IDL is known at run time alone.</summary>
internal sealed class Shop : ThriftDynamicHandler
{
    private readonly TaskCompletionSource<string> _note = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static ThriftServiceSchema Schema { get; } = ThriftSchema.FromText(
        """
        namespace go shop

        struct Item { 1: string name, 2: optional i64 count, 3: optional binary data }
        exception Refused { 1: i32 code, 2: string reason }

        service Shop {
            Item Get (1: string name) throws (1: Refused refused),
            void Put (1: Item item) throws (1: Refused refused),
            oneway void Note (1: string text),
            i32 Add (1: i32 a, 2: i32 b),
            Item Una (1: Item item) (streaming.mode = "unary"),
            Item Up (1: Item item) (streaming.mode = "client"),
            Item Down (1: Item item) (streaming.mode = "server"),
            Item Both (1: Item item) (streaming.mode = "bidirectional"),
        }
        """).GetService();

    /// <summary>The text of the first call of Note.</summary>
    public Task<string> Noted => _note.Task;

    public override Task<ThriftDynamicMessage?> CallAsync(ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
    {
        var value = arguments.ToObject();
        switch (method.Name)
        {
            case "Get" when (string)value! == "":
                throw Refused(method, "no name");

            case "Get":
                return Answer(method, new Dictionary<string, object?> { ["name"] = value, ["count"] = 1L, ["data"] = new byte[] { 0, 255, 254 } });

            case "Put" when ((Dictionary<string, object?>)value!)["name"] is "":
                throw Refused(method, "no item");

            case "Put":
                return Task.FromResult<ThriftDynamicMessage?>(null);

            case "Note":
                _note.TrySetResult((string)value!);
                return Task.FromResult<ThriftDynamicMessage?>(null);

            case "Add":
                var numbers = (Dictionary<string, object?>)value!;
                return Answer(method, (int)numbers["a"]! + (int)numbers["b"]!);

            default:
                return Answer(method, value);
        }
    }

    public override async Task<ThriftDynamicMessage> ClientStreamingAsync(
        ThriftMethodSchema method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        CancellationToken cancellationToken)
    {
        var names = await requests.Select(static request => (string)((Dictionary<string, object?>)request.ToObject()!)["name"]!).ToListAsync(cancellationToken);
        return ThriftDynamicMessage.FromObject(method.Response, new Dictionary<string, object?> { ["name"] = string.Join("+", names), ["count"] = names.Count });
    }

    public override IAsyncEnumerable<ThriftDynamicMessage> ServerStreamingAsync(ThriftMethodSchema method, ThriftDynamicMessage request, CancellationToken cancellationToken)
        => AsyncEnumerable.Range(0, 3).Select(i => ThriftDynamicMessage.FromJson(method.Response, $$"""{"name":"{{i}}","count":{{i}}}"""));

    public override IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(
        ThriftMethodSchema method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        CancellationToken cancellationToken)
        => requests;

    private static Task<ThriftDynamicMessage?> Answer(ThriftMethodSchema method, object? value)
        => Task.FromResult<ThriftDynamicMessage?>(ThriftDynamicMessage.FromObject(method.Response, value));

    private static ThriftDynamicException Refused(ThriftMethodSchema method, string reason)
    {
        var schema = method.Response.Fields.Single(static field => field.Id == 1).Type.Struct!;
        return new(schema.Name, ThriftDynamicMessage.FromObject(schema, new Dictionary<string, object?> { ["code"] = 7, ["reason"] = reason }));
    }
}
