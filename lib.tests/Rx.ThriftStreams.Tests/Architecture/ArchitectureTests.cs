using Rx.ThriftStreams.Compiler.Tests;

namespace Rx.ThriftStreams.Tests.Architecture;

/// <summary>The layers of docs/architecture.md: which folder may use which. Any other dependency between folders is an error.</summary>
public class ArchitectureTests
{
    /// <summary>Each folder of the core with those that it may use.</summary>
    private static readonly Dictionary<string, string[]> CoreArrows = new()
    {
        ["Primitives"] = [],
        ["Serialization"] = ["Primitives"],
        ["Contracts"] = ["Primitives", "Serialization"],
        ["Options"] = ["Primitives", "Serialization", "Contracts"],
        ["Transport"] = ["Primitives", "Serialization", "Contracts", "Options"],
        ["Wire"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Diagnostics"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Middleware"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Sockets"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Transports/Grpc"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport", "Wire", "Sockets"],
        ["Transports/TTHeaderStreaming"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport", "Wire", "Sockets"],
        ["Transports/PingPong"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport", "Wire", "Sockets"],
        ["Resilience"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Resilience/Kitex"] = ["Primitives", "Contracts", "Options"],
        ["Discovery"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Balancing"] = ["Primitives", "Serialization", "Contracts", "Options", "Transport"],
        ["Client"] =
        [
            "Primitives", "Serialization", "Contracts", "Options", "Transport", "Diagnostics", "Middleware", "Resilience", "Discovery", "Balancing",
            "Transports/Grpc", "Transports/TTHeaderStreaming", "Transports/PingPong",
        ],
        ["Reactive"] = ["Primitives", "Options"],
    };

    /// <summary>The same for the server.</summary>
    private static readonly Dictionary<string, string[]> ServerArrows = new()
    {
        ["Options"] = [],
        ["Access"] = ["Options"],
        ["Protection"] = ["Options"],
        ["Dispatch"] = ["Options", "Access", "Protection"],
        ["Health"] = ["Options", "Dispatch"],
        ["Transports/Grpc"] = ["Options", "Access", "Dispatch"],
        ["Transports/TTHeaderStreaming"] = ["Options", "Access", "Dispatch"],
        ["Transports/PingPong"] = ["Options", "Access", "Dispatch"],
        ["Transports/InProcess"] = ["Options", "Access", "Dispatch"],
        ["Port"] = ["Options", "Access", "Protection", "Dispatch", "Health", "Transports/Grpc", "Transports/TTHeaderStreaming", "Transports/PingPong"],
        ["Hosting"] = ["Options", "Access", "Protection", "Dispatch", "Health", "Port", "Transports/Grpc", "Transports/TTHeaderStreaming", "Transports/PingPong", "Transports/InProcess"],
    };

    [Theory]
    [InlineData("Rx.ThriftStreams")]
    [InlineData("Rx.ThriftStreams.AspNetCore")]
    public void Folders_UseOnlyLowerLayers(string project)
    {
        var arrows = project == "Rx.ThriftStreams" ? CoreArrows : ServerArrows;
        var graph = SourceGraph.Of(Path.Combine(Repository.Root, "lib", project), project);

        Assert.Equal(arrows.Keys.Order(StringComparer.Ordinal), graph.Folders);
        var forbidden = graph.Uses
            .Where(use => !arrows[use.Key.From].Contains(use.Key.To))
            .Select(use => $"{use.Key.From} uses {use.Key.To}:\n  {string.Join("\n  ", use.Value.Take(12))}");
        Assert.True(!forbidden.Any(), string.Join("\n", forbidden));
        Assert.Empty(graph.Circles());
    }

    [Fact]
    public void Circles_OfFoldersThatUseEachOther_AreFound()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var (name, body) in new[] { ("A", "class A { B.B b; }"), ("B", "class B { C.C c; }"), ("C", "class C { A.A a; }"), ("D", "class D { A.A a; }") })
            {
                folder.CreateSubdirectory(name);
                File.WriteAllText(Path.Combine(folder.FullName, name, name + ".cs"), $"namespace {name}; {body}");
            }

            var circle = Assert.Single(SourceGraph.Of(folder.FullName, "Sample").Circles());

            Assert.Equal(["A", "B", "C"], circle);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
