using Thrift.Protocol;
using Thrift.Protocol.Entities;
using Thrift.Protocol.Utilities;

namespace Rx.ThriftStreams.Tests.Interop;

/// <summary>A type in the shape that Apache Thrift's compiler emits: <c>struct Note { 1: string text, 2: i32 number, 3: binary data, 4: list&lt;bool&gt; flags, 5: required i64 id }</c>.</summary>
internal sealed class ApacheNote : TBase
{
    public string? Text { get; set; }
    public int Number { get; set; }
    public byte[]? Data { get; set; }
    public List<bool>? Flags { get; set; }
    public long Id { get; set; }

    /// <summary>If set, writing and reading await it: what code that was added by hand may do.</summary>
    public static AsyncLocal<Task?> Added { get; } = new();

    public async Task ReadAsync(TProtocol iprot, CancellationToken cancellationToken = default)
    {
        await (Added.Value ?? Task.CompletedTask);
        bool hasId = false;
        await iprot.ReadStructBeginAsync(cancellationToken);
        while (await iprot.ReadFieldBeginAsync(cancellationToken) is { Type: not TType.Stop } field)
        {
            switch (field.ID, field.Type)
            {
                case (1, TType.String): Text = await iprot.ReadStringAsync(cancellationToken); break;
                case (2, TType.I32): Number = await iprot.ReadI32Async(cancellationToken); break;
                case (3, TType.String): Data = await iprot.ReadBinaryAsync(cancellationToken); break;
                case (4, TType.List):
                    TList list = await iprot.ReadListBeginAsync(cancellationToken);
                    Flags = [];
                    for (int i = 0; i < list.Count; i++)
                    {
                        Flags.Add(await iprot.ReadBoolAsync(cancellationToken));
                    }

                    await iprot.ReadListEndAsync(cancellationToken);
                    break;
                case (5, TType.I64):
                    Id = await iprot.ReadI64Async(cancellationToken);
                    hasId = true;
                    break;
                default: await TProtocolUtil.SkipAsync(iprot, field.Type, cancellationToken); break;
            }

            await iprot.ReadFieldEndAsync(cancellationToken);
        }

        await iprot.ReadStructEndAsync(cancellationToken);
        if (!hasId)
        {
            throw new TProtocolException(TProtocolException.INVALID_DATA);
        }
    }

    public async Task WriteAsync(TProtocol oprot, CancellationToken cancellationToken = default)
    {
        await (Added.Value ?? Task.CompletedTask);
        await oprot.WriteStructBeginAsync(new TStruct("Note"), cancellationToken);
        await FieldAsync(TType.String, 1, () => oprot.WriteStringAsync(Text ?? "", cancellationToken));
        await FieldAsync(TType.I32, 2, () => oprot.WriteI32Async(Number, cancellationToken));
        await FieldAsync(TType.String, 3, () => oprot.WriteBinaryAsync(Data ?? [], cancellationToken));
        await FieldAsync(TType.List, 4, async () =>
        {
            await oprot.WriteListBeginAsync(new TList(TType.Bool, Flags?.Count ?? 0), cancellationToken);
            foreach (bool flag in Flags ?? [])
            {
                await oprot.WriteBoolAsync(flag, cancellationToken);
            }

            await oprot.WriteListEndAsync(cancellationToken);
        });
        await FieldAsync(TType.I64, 5, () => oprot.WriteI64Async(Id, cancellationToken));
        await oprot.WriteFieldStopAsync(cancellationToken);
        await oprot.WriteStructEndAsync(cancellationToken);

        async Task FieldAsync(TType type, short id, Func<Task> write)
        {
            await oprot.WriteFieldBeginAsync(new TField("", type, id), cancellationToken);
            await write();
            await oprot.WriteFieldEndAsync(cancellationToken);
        }
    }

    public static ApacheNote Full() => new() { Text = "hé", Number = -5, Data = [1, 2, 254], Flags = [true, false, true], Id = 1L << 40 };
}
