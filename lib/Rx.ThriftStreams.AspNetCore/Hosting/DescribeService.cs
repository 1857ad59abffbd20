using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// Answers with the IDL of the services of a host:
/// <code>
/// struct Schema { 1: list&lt;string&gt; services, 2: string package, 3: string idl }
/// service ThriftStreamsDescribe { list&lt;Schema&gt; DescribeServices() }
/// </code>
/// </summary>
internal sealed class DescribeService(ThriftServiceRegistry services)
{
    private const string Package = "thriftstreams";
    private const string Name = "ThriftStreamsDescribe";

    private static readonly ThriftMethod<DescribeArguments, DescribeResult> s_method = new(Package, Name, "DescribeServices", ThriftStreamingMode.PingPong);

    internal static ThriftServiceDescriptor<DescribeService> Descriptor { get; } = new(
        Package,
        Name,
        static binder => binder.AddUnary(s_method, static (service, _, _) => Task.FromResult(service.Describe())));

    /// <summary>The services whose IDL is known; those of one file share it.</summary>
    private DescribeResult Describe()
    {
        var schemas = services.All
            .Select(static service => (service.Name, service.Package, Idl: service.Schema()))
            .Where(static service => service.Idl is not null)
            .GroupBy(static service => (service.Package, service.Idl), static service => service.Name);
        return new DescribeResult([.. schemas.Select(static group => new SchemaDescription([.. group], group.Key.Package, group.Key.Idl!))]);
    }
}
