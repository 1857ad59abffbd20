using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>A service as <see cref="DescribeService"/> describes it.</summary>
internal readonly record struct ServiceDescription(string Name, string Package, string Idl)
{
    internal static ServiceDescription Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var (name, package, idl) = ("", "", "");
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out var type, out short id))
        {
            switch (id)
            {
                case 1 when type == ThriftType.String: name = reader.ReadString(); break;
                case 2 when type == ThriftType.String: package = reader.ReadString(); break;
                case 3 when type == ThriftType.String: idl = reader.ReadString(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return new(name, package, idl);
    }

    internal void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteStringField(1, Name);
        writer.WriteStringField(2, Package);
        writer.WriteStringField(3, Idl);
        writer.EndStruct();
    }
}

/// <summary>The result of <see cref="DescribeService"/>: the services as field 0.</summary>
internal sealed class DescribeResult(IReadOnlyList<ServiceDescription> services) : IThriftStruct<DescribeResult>
{
    internal IReadOnlyList<ServiceDescription> Services { get; } = services;

    public static DescribeResult Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var services = new List<ServiceDescription>();
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
                services.Add(ServiceDescription.Read(ref reader));
            }
        }

        reader.EndStruct();
        return new DescribeResult(services);
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteFieldHeader(ThriftType.List, 0);
        writer.WriteListHeader(ThriftType.Struct, Services.Count);
        foreach (var service in Services)
        {
            service.Write(ref writer);
        }

        writer.EndStruct();
    }
}
