using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// Answers with the IDL of the services of a host:
/// <code>
/// struct ServiceDescription { 1: string name, 2: string package, 3: string idl }
/// service ThriftStreamsDescribe { list&lt;ServiceDescription&gt; DescribeServices() }
/// </code>
/// </summary>
internal sealed class DescribeService(ThriftServiceRegistry services)
{
    private const string Package = "thriftstreams";
    private const string Name = "ThriftStreamsDescribe";

    private static readonly ThriftMethod<DescribeArguments, DescribeResult> s_method = new(Package, Name, "DescribeServices", StreamingMode.PingPong);

    internal static ThriftServiceDescriptor<DescribeService> Descriptor { get; } = new(
        Package,
        Name,
        static binder => binder.AddUnary(s_method, static (service, _, _) => Task.FromResult(service.Describe())));

    /// <summary>The services whose IDL is known.</summary>
    private DescribeResult Describe()
    {
        var descriptions = new List<ServiceDescription>();
        foreach (var service in services.All)
        {
            if (service.Schema() is { } idl)
            {
                descriptions.Add(new ServiceDescription(service.Name, service.Package, idl));
            }
        }

        return new DescribeResult(descriptions);
    }
}
