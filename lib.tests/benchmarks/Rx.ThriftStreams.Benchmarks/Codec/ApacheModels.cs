using Thrift.Protocol;
using Thrift.Protocol.Entities;
using Thrift.Protocol.Utilities;

namespace Rx.ThriftStreams.Benchmarks.Codec;

// The models as Apache Thrift's compiler emits them, less the bookkeeping that neither reading nor writing needs.
public sealed class ApacheTextMessage : TBase
{
    public string? Text { get; set; }

    public async Task ReadAsync(TProtocol iprot, CancellationToken cancellationToken = default)
    {
        iprot.IncrementRecursionDepth();
        try
        {
            await iprot.ReadStructBeginAsync(cancellationToken);
            while (true)
            {
                TField field = await iprot.ReadFieldBeginAsync(cancellationToken);
                if (field.Type == TType.Stop)
                {
                    break;
                }

                if (field.ID == 1 && field.Type == TType.String)
                {
                    Text = await iprot.ReadStringAsync(cancellationToken);
                }
                else
                {
                    await TProtocolUtil.SkipAsync(iprot, field.Type, cancellationToken);
                }

                await iprot.ReadFieldEndAsync(cancellationToken);
            }

            await iprot.ReadStructEndAsync(cancellationToken);
        }
        finally
        {
            iprot.DecrementRecursionDepth();
        }
    }

    public async Task WriteAsync(TProtocol oprot, CancellationToken cancellationToken = default)
    {
        oprot.IncrementRecursionDepth();
        try
        {
            await oprot.WriteStructBeginAsync(new TStruct("TextMessage"), cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("text", TType.String, 1), cancellationToken);
            await oprot.WriteStringAsync(Text!, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldStopAsync(cancellationToken);
            await oprot.WriteStructEndAsync(cancellationToken);
        }
        finally
        {
            oprot.DecrementRecursionDepth();
        }
    }
}

public sealed class ApacheItem : TBase
{
    public long Id { get; set; }
    public string? Name { get; set; }
    public double Price { get; set; }
    public int Quantity { get; set; }
    public bool Active { get; set; }

    public async Task ReadAsync(TProtocol iprot, CancellationToken cancellationToken = default)
    {
        iprot.IncrementRecursionDepth();
        try
        {
            await iprot.ReadStructBeginAsync(cancellationToken);
            while (true)
            {
                TField field = await iprot.ReadFieldBeginAsync(cancellationToken);
                if (field.Type == TType.Stop)
                {
                    break;
                }

                switch (field.ID, field.Type)
                {
                    case (1, TType.I64): Id = await iprot.ReadI64Async(cancellationToken); break;
                    case (2, TType.String): Name = await iprot.ReadStringAsync(cancellationToken); break;
                    case (3, TType.Double): Price = await iprot.ReadDoubleAsync(cancellationToken); break;
                    case (4, TType.I32): Quantity = await iprot.ReadI32Async(cancellationToken); break;
                    case (5, TType.Bool): Active = await iprot.ReadBoolAsync(cancellationToken); break;
                    default: await TProtocolUtil.SkipAsync(iprot, field.Type, cancellationToken); break;
                }

                await iprot.ReadFieldEndAsync(cancellationToken);
            }

            await iprot.ReadStructEndAsync(cancellationToken);
        }
        finally
        {
            iprot.DecrementRecursionDepth();
        }
    }

    public async Task WriteAsync(TProtocol oprot, CancellationToken cancellationToken = default)
    {
        oprot.IncrementRecursionDepth();
        try
        {
            await oprot.WriteStructBeginAsync(new TStruct("Item"), cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("id", TType.I64, 1), cancellationToken);
            await oprot.WriteI64Async(Id, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("name", TType.String, 2), cancellationToken);
            await oprot.WriteStringAsync(Name!, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("price", TType.Double, 3), cancellationToken);
            await oprot.WriteDoubleAsync(Price, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("quantity", TType.I32, 4), cancellationToken);
            await oprot.WriteI32Async(Quantity, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("active", TType.Bool, 5), cancellationToken);
            await oprot.WriteBoolAsync(Active, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldStopAsync(cancellationToken);
            await oprot.WriteStructEndAsync(cancellationToken);
        }
        finally
        {
            oprot.DecrementRecursionDepth();
        }
    }
}

public sealed class ApacheDocument : TBase
{
    public long Id { get; set; }
    public string? Title { get; set; }
    public List<ApacheItem>? Items { get; set; }
    public List<long>? Samples { get; set; }
    public Dictionary<string, int>? Counts { get; set; }

    public async Task ReadAsync(TProtocol iprot, CancellationToken cancellationToken = default)
    {
        iprot.IncrementRecursionDepth();
        try
        {
            await iprot.ReadStructBeginAsync(cancellationToken);
            while (true)
            {
                TField field = await iprot.ReadFieldBeginAsync(cancellationToken);
                if (field.Type == TType.Stop)
                {
                    break;
                }

                switch (field.ID, field.Type)
                {
                    case (1, TType.I64): Id = await iprot.ReadI64Async(cancellationToken); break;
                    case (2, TType.String): Title = await iprot.ReadStringAsync(cancellationToken); break;
                    case (3, TType.List):
                        TList items = await iprot.ReadListBeginAsync(cancellationToken);
                        Items = new List<ApacheItem>(items.Count);
                        for (int i = 0; i < items.Count; i++)
                        {
                            var item = new ApacheItem();
                            await item.ReadAsync(iprot, cancellationToken);
                            Items.Add(item);
                        }

                        await iprot.ReadListEndAsync(cancellationToken);
                        break;
                    case (4, TType.List):
                        TList samples = await iprot.ReadListBeginAsync(cancellationToken);
                        Samples = new List<long>(samples.Count);
                        for (int i = 0; i < samples.Count; i++)
                        {
                            Samples.Add(await iprot.ReadI64Async(cancellationToken));
                        }

                        await iprot.ReadListEndAsync(cancellationToken);
                        break;
                    case (5, TType.Map):
                        TMap counts = await iprot.ReadMapBeginAsync(cancellationToken);
                        Counts = new Dictionary<string, int>(counts.Count);
                        for (int i = 0; i < counts.Count; i++)
                        {
                            string key = await iprot.ReadStringAsync(cancellationToken);
                            Counts[key] = await iprot.ReadI32Async(cancellationToken);
                        }

                        await iprot.ReadMapEndAsync(cancellationToken);
                        break;
                    default: await TProtocolUtil.SkipAsync(iprot, field.Type, cancellationToken); break;
                }

                await iprot.ReadFieldEndAsync(cancellationToken);
            }

            await iprot.ReadStructEndAsync(cancellationToken);
        }
        finally
        {
            iprot.DecrementRecursionDepth();
        }
    }

    public async Task WriteAsync(TProtocol oprot, CancellationToken cancellationToken = default)
    {
        oprot.IncrementRecursionDepth();
        try
        {
            await oprot.WriteStructBeginAsync(new TStruct("Document"), cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("id", TType.I64, 1), cancellationToken);
            await oprot.WriteI64Async(Id, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("title", TType.String, 2), cancellationToken);
            await oprot.WriteStringAsync(Title!, cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("items", TType.List, 3), cancellationToken);
            await oprot.WriteListBeginAsync(new TList(TType.Struct, Items!.Count), cancellationToken);
            foreach (ApacheItem item in Items)
            {
                await item.WriteAsync(oprot, cancellationToken);
            }

            await oprot.WriteListEndAsync(cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("samples", TType.List, 4), cancellationToken);
            await oprot.WriteListBeginAsync(new TList(TType.I64, Samples!.Count), cancellationToken);
            foreach (long sample in Samples)
            {
                await oprot.WriteI64Async(sample, cancellationToken);
            }

            await oprot.WriteListEndAsync(cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldBeginAsync(new TField("counts", TType.Map, 5), cancellationToken);
            await oprot.WriteMapBeginAsync(new TMap(TType.String, TType.I32, Counts!.Count), cancellationToken);
            foreach ((string key, int count) in Counts)
            {
                await oprot.WriteStringAsync(key, cancellationToken);
                await oprot.WriteI32Async(count, cancellationToken);
            }

            await oprot.WriteMapEndAsync(cancellationToken);
            await oprot.WriteFieldEndAsync(cancellationToken);
            await oprot.WriteFieldStopAsync(cancellationToken);
            await oprot.WriteStructEndAsync(cancellationToken);
        }
        finally
        {
            oprot.DecrementRecursionDepth();
        }
    }
}
