using System.Diagnostics;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>What <c>dotnet new thriftstreams</c> creates from the packed templates, in a hive of their own, builds with the packed packages and runs.</summary>
[Trait("Category", "Package")]
public sealed class TemplateTests(PackedPackages packages)
{
    private const string Listening = "Now listening on: http://";

    [Fact]
    public async Task Solution_WithAnyName_BuildsAndItsClientCallsItsServer()
    {
        var directory = await CreateAsync("My-Shop.Chat");
        Assert.Equal(
            [
                "My-Shop.Chat.Client/My-Shop.Chat.Client.csproj", "My-Shop.Chat.Client/Program.cs", "My-Shop.Chat.Contracts/My-Shop.Chat.Contracts.csproj", "My-Shop.Chat.Contracts/chat.thrift",
                "My-Shop.Chat.Server/AssistantService.cs", "My-Shop.Chat.Server/My-Shop.Chat.Server.csproj", "My-Shop.Chat.Server/Program.cs", "My-Shop.Chat.Server/Properties/launchSettings.json",
                "My-Shop.Chat.Server/appsettings.json", "My-Shop.Chat.slnx",
            ],
            FilesOf(directory));

        await BuildAsync(directory);

        using var server = DotNet.Start(Path.Combine(directory, "My-Shop.Chat.Server"), "bin/Debug/net10.0/My-Shop.Chat.Server.dll", "--Kestrel:Endpoints:Thrift:Url=http://127.0.0.1:0");
        try
        {
            var address = await AddressAsync(server);
            var answer = await DotNet.RunAsync(directory, "My-Shop.Chat.Client/bin/Debug/net10.0/My-Shop.Chat.Client.dll", "Who is there?", $"grpc://{address}");
            Assert.Equal("You asked: Who is there?", answer.Trim());
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    [Theory]
    [InlineData("server", "AssistantService.cs Chat.csproj Program.cs Properties/launchSettings.json appsettings.json chat.thrift")]
    [InlineData("client", "Chat.csproj Program.cs chat.thrift")]
    public async Task Project_OfOneSide_Builds(string kind, string files)
    {
        var directory = await CreateAsync("Chat", "--kind", kind);
        Assert.Equal(files.Split(' '), FilesOf(directory));

        await BuildAsync(directory);
    }

    [Fact]
    public async Task Hello_IsTheProgramOfTheDocumentation_WithThePackage()
    {
        var directory = await CreateAsync("Hello", "--kind", "hello");

        var original = Path.Combine(Repository.Root, "playground", "Hello");
        Assert.Equal(
            (await File.ReadAllLinesAsync(Path.Combine(original, "hello.cs"), Token)).Where(static line => !line.StartsWith("//", StringComparison.Ordinal))
                .Select(line => line.StartsWith("#:project", StringComparison.Ordinal) ? $"#:package Rx.ThriftStreams.AspNetCore@{packages.Version}" : line),
            await File.ReadAllLinesAsync(Path.Combine(directory, "hello.cs"), Token));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(original, "hello.thrift"), Token), await File.ReadAllTextAsync(Path.Combine(directory, "hello.thrift"), Token));
        Assert.Equal(["hello.cs", "hello.thrift"], FilesOf(directory));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Installs the templates into a hive beside the result, so that those of the machine are untouched.</summary>
    private async Task<string> CreateAsync(string name, params string[] options)
    {
        var directory = packages.CreateDirectory($"template-{Guid.NewGuid():N}");
        string[] hive = ["--debug:custom-hive", Path.Combine(directory, "hive")];
        await DotNet.RunAsync(directory, ["new", "install", Path.Combine(packages.Feed, $"Rx.ThriftStreams.Templates.{packages.Version}.nupkg"), .. hive]);
        await DotNet.RunAsync(directory, ["new", "thriftstreams", "-o", name, "--no-restore", .. options, .. hive]);
        return Path.Combine(directory, name);
    }

    private static async Task BuildAsync(string directory) => await DotNet.RunAsync(directory, "build", "-nologo", "-v", "q");

    private static IEnumerable<string> FilesOf(string directory) => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(directory, file).Replace('\\', '/')).Order(StringComparer.Ordinal);

    /// <summary>Where the server listens, as it reports when it has started.</summary>
    private static async Task<string> AddressAsync(Process server)
    {
        var output = new List<string>();
        while (await server.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            output.Add(line);
            if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                return line[(at + Listening.Length)..];
            }
        }

        throw new InvalidOperationException($"The server ended: {string.Join('\n', output)} {await server.StandardError.ReadToEndAsync(Token)}");
    }
}
