using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Asks a server for its schema, by the service that <c>MapThriftDescribe</c> serves.</summary>
internal static class SchemaRequest
{
    private static readonly ThriftServiceSchema s_service = ThriftSchema.FromText(
        """
        namespace go thriftstreams
        struct Schema { 1: list<string> services, 2: string package, 3: string idl }
        service ThriftStreamsDescribe { list<Schema> DescribeServices() }
        """).GetService();

    /// <exception cref="ThriftSchemaException">The server describes no service, or not in IDL.</exception>
    /// <exception cref="ThriftException">The call failed, for instance because the server does not describe itself.</exception>
    internal static async Task<ThriftSchema> SendAsync(ThriftChannel channel, ThriftCallOptions? options, CancellationToken cancellationToken)
    {
        var client = new ThriftDynamicClient(channel, s_service);
        var result = await client.CallAsync("DescribeServices", ThriftDynamicMessage.Empty, options, cancellationToken).ConfigureAwait(false);
        var services = new List<ThriftServiceSchema>();
        var structs = new Dictionary<string, ThriftStructSchema>(StringComparer.Ordinal);
        foreach (var description in (List<object?>?)result.ToObject() ?? [])
        {
            var fields = (Dictionary<string, object?>)description!;
            var schema = ThriftSchema.FromText(Text(fields, "idl"), new ThriftSchemaOptions { Package = Text(fields, "package") });
            var names = (List<object?>?)fields.GetValueOrDefault("services") ?? [];
            services.AddRange(schema.Services.Where(service => names.Contains(service.Name)));
            foreach (var type in schema.Structs)
            {
                structs.TryAdd(type.Name, type);
            }
        }

        return services.Count > 0 ? new ThriftSchema(services, structs) : throw new ThriftSchemaException("The server describes no services. Map at least one on the server.");
    }

    private static string Text(Dictionary<string, object?> fields, string name) => fields.GetValueOrDefault(name) as string ?? "";
}
