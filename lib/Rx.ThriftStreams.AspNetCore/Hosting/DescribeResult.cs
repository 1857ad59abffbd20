using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Services with one IDL, as <see cref="DescribeService"/> describes them.</summary>
internal readonly record struct SchemaDescription(IReadOnlyList<string> Services, string Package, string Idl)
{
    internal static SchemaDescription Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var services = new List<string>();
        var (package, idl) = ("", "");
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out short id))
        {
            switch (id)
            {
                case 1 when type == ThriftType.List: ReadServices(ref reader, services); break;
                case 2 when type == ThriftType.String: package = reader.ReadString(); break;
                case 3 when type == ThriftType.String: idl = reader.ReadString(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return new(services, package, idl);
    }

    internal void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteFieldHeader(ThriftType.List, 1);
        writer.WriteListHeader(ThriftType.String, Services.Count);
        foreach (string service in Services)
        {
            writer.WriteString(service);
        }

        writer.WriteStringField(2, Package);
        writer.WriteStringField(3, Idl);
        writer.EndStruct();
    }

    private static void ReadServices<TReader>(ref TReader reader, List<string> services)
        where TReader : struct, IThriftReader, allows ref struct
    {
        for (int count = reader.ReadListHeader(ThriftType.String); count > 0; count--)
        {
            services.Add(reader.ReadString());
        }
    }
}

/// <summary>The result of <see cref="DescribeService"/>: their schemas as field 0.</summary>
internal sealed class DescribeResult(IReadOnlyList<SchemaDescription> schemas) : IThriftStruct<DescribeResult>
{
    internal IReadOnlyList<SchemaDescription> Schemas { get; } = schemas;

    public static DescribeResult Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var schemas = new List<SchemaDescription>();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out short id))
        {
            if (id != 0 || type != ThriftType.List)
            {
                reader.Skip(type);
                continue;
            }

            int count = reader.ReadListHeader(ThriftType.Struct);
            for (int i = 0; i < count; i++)
            {
                schemas.Add(SchemaDescription.Read(ref reader));
            }
        }

        reader.EndStruct();
        return new DescribeResult(schemas);
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteFieldHeader(ThriftType.List, 0);
        writer.WriteListHeader(ThriftType.Struct, Schemas.Count);
        foreach (var schema in Schemas)
        {
            schema.Write(ref writer);
        }

        writer.EndStruct();
    }
}
