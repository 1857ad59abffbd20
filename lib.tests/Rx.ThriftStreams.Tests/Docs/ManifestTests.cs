using k8s;
using k8s.Models;
using Rx.ThriftStreams.Compiler.Tests;
using YamlDotNet.RepresentationModel;

namespace Rx.ThriftStreams.Tests.Docs;

/// <summary>The manifests of the documentation are what their readers' tools expect.</summary>
public sealed class ManifestTests
{
    [Theory]
    [InlineData("kubernetes.md")]
    public async Task Manifests_OfKubernetes_HaveOnlyFieldsThatKubernetesKnows(string page)
    {
        foreach (var block in await BlocksAsync(page))
        {
            foreach (var manifest in KubernetesYaml.LoadAllFromString(block, null, strict: true))
            {
                Assert.IsAssignableFrom<IKubernetesObject>(manifest);
            }
        }
    }

    [Fact]
    public async Task Shutdown_PartOfAPod_HasOnlyFieldsThatKubernetesKnows()
    {
        var part = Assert.Single(await BlocksAsync("shutdown.md"));

        var pod = KubernetesYaml.Deserialize<V1Pod>($"apiVersion: v1\nkind: Pod\n{part}", strict: true);

        Assert.Equal(20, pod.Spec.TerminationGracePeriodSeconds);
        Assert.Equal(5, pod.Spec.Containers.Single().Lifecycle.PreStop.Sleep.Seconds);
    }

    /// <summary>Names that refer to each other are easily changed in one place only.</summary>
    [Fact]
    public async Task Kubernetes_ServiceAndProbes_ReferToWhatTheDeploymentHas()
    {
        var manifests = KubernetesYaml.LoadAllFromString((await BlocksAsync("kubernetes.md"))[0], null, strict: true);
        var deployment = manifests.OfType<V1Deployment>().Single();
        var service = manifests.OfType<V1Service>().Single();
        var container = deployment.Spec.Template.Spec.Containers.Single();
        var ports = container.Ports.ToDictionary(static port => port.Name, static port => port.ContainerPort);

        Assert.Equal(deployment.Spec.Template.Metadata.Labels, deployment.Spec.Selector.MatchLabels);
        Assert.Equal(deployment.Spec.Template.Metadata.Labels, service.Spec.Selector);
        Assert.Equal(ports["thrift"], service.Spec.Ports.Single().Port);
        Assert.Equal(ports["thrift"], container.ReadinessProbe.Grpc.Port);
        Assert.Contains(container.LivenessProbe.HttpGet.Port.Value, ports.Keys);
        Assert.All(container.Env.Where(static variable => variable.Name.EndsWith("__Url", StringComparison.Ordinal)), variable => Assert.Contains(new Uri(variable.Value.Replace("*", "any", StringComparison.Ordinal)).Port, ports.Values));
        Assert.All(container.VolumeMounts ?? [], mount => Assert.Contains(deployment.Spec.Template.Spec.Volumes, volume => volume.Name == mount.Name));
    }

    [Fact]
    public async Task Envoy_Configuration_NamesItsCluster()
    {
        var text = Assert.Single(await BlocksAsync("proxies.md"));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var resources = yaml.Documents.Single().RootNode["static_resources"];
        var http = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];

        Assert.Equal(resources["clusters"][0]["name"], http["route_config"]["virtual_hosts"][0]["routes"][0]["route"]["cluster"]);
        Assert.Equal(resources["clusters"][0]["name"], resources["clusters"][0]["load_assignment"]["cluster_name"]);
    }

    private static async Task<List<string>> BlocksAsync(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", page), TestContext.Current.CancellationToken);
        return [.. text.ReplaceLineEndings("\n").Split("```yaml\n").Skip(1).Select(static block => block[..block.IndexOf("```", StringComparison.Ordinal)])];
    }
}
