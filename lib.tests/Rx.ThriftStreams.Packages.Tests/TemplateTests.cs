using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Xml.Linq;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>What <c>dotnet new thriftstreams</c> creates from the packed templates, in a hive of their own, builds with the packed packages and runs.</summary>
[Trait("Category", "Package")]
public sealed class TemplateTests(PackedPackages packages)
{
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
    public async Task Server_WithAnHttpsAddressAndACertificate_IsCalledOverTls()
    {
        // A client trusts what the file of this variable has, on Linux.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs SSL_CERT_FILE.");
        var server = await CreateAsync("Chat", "--kind", "server");
        var client = await CreateAsync("Talk", "--kind", "client");
        await BuildAsync(server);
        await BuildAsync(client);
        var (certificate, key) = await WriteCertificateAsync(packages.CreateDirectory($"tls-{Guid.NewGuid():N}"));

        using var process = DotNet.Start(
            server, "bin/Debug/net10.0/Chat.dll", "--Kestrel:Endpoints:Thrift:Url=https://127.0.0.1:0", $"--Kestrel:Endpoints:Thrift:Certificate:Path={certificate}", $"--Kestrel:Endpoints:Thrift:Certificate:KeyPath={key}");
        try
        {
            var address = await AddressAsync(process, "https");
            foreach (var scheme in (string[])["grpcs", "ttheaders"])
            {
                var answer = await DotNet.RunWithAsync(client, new() { ["SSL_CERT_FILE"] = certificate }, "bin/Debug/net10.0/Talk.dll", "Who is there?", $"{scheme}://{address}");
                Assert.Equal("You asked: Who is there?", answer.Trim());
            }

            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => DotNet.RunAsync(client, "bin/Debug/net10.0/Talk.dll", "Who is there?", $"grpcs://{address}"));
            Assert.Contains("certificate", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task Web_BuildsAndServesThriftRestAndHealth()
    {
        var directory = await CreateAsync("My-Shop.Chat", "--kind", "web");
        Assert.Equal(
            [
                "AssistantService.cs", "My-Shop.Chat.csproj", "Program.cs", "Properties/launchSettings.json", "Telemetry.cs", "appsettings.json", "chat.thrift",
            ],
            FilesOf(directory));

        // What listens without TLS does so on the loopback address; an image names others for the same endpoints.
        using var settings = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "appsettings.json"), Token));
        var endpoints = settings.RootElement.GetProperty("Kestrel").GetProperty("Endpoints").EnumerateObject().ToList();
        Assert.All(endpoints, static endpoint => Assert.StartsWith("http://localhost:", endpoint.Value.GetProperty("Url").GetString(), StringComparison.Ordinal));
        Assert.Equal(
            endpoints.Select(static endpoint => $"Kestrel__Endpoints__{endpoint.Name}__Url={endpoint.Value.GetProperty("Url").GetString()!.Replace("localhost", "*", StringComparison.Ordinal)}"),
            XDocument.Load(Path.Combine(directory, "My-Shop.Chat.csproj")).Descendants("ContainerEnvironmentVariable").Select(static variable => $"{variable.Attribute("Include")!.Value}={variable.Attribute("Value")!.Value}"));

        await BuildAsync(directory);

        // A socket instead of a port, whose number the settings of the client would have to know before the server starts.
        var socket = Path.Combine(packages.CreateDirectory($"s{Guid.NewGuid():N}"[..8]), "thrift");
        using var server = DotNet.Start(directory, "bin/Debug/net10.0/My-Shop.Chat.dll", $"--Kestrel:Endpoints:Thrift:Url=http://unix:{socket}", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0", $"--Clients:Assistant:Address=grpc+unix:{socket}");
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://{await AddressAsync(server, notIn: "unix:")}") };
            Assert.Equal("Healthy", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative), Token));
            var events = await http.GetStringAsync(new Uri("/ask?prompt=Who", UriKind.Relative), Token);
            Assert.Equal(["data: You ", "data: asked: ", "data: Who ", "event: end", "data: {}"], events.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal([0, 0, 0, 0, 2, 8, 1], await HealthOfAsync(socket));
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The generator that ASP.NET Core runs for NativeAOT does not see the code that other generators make.</summary>
    [Fact]
    public async Task Web_WithPublishAot_Builds() => await BuildAsync(await CreateAsync("My-Shop.Chat", "--kind", "web"), "-p:PublishAot=true");

    [Fact]
    public async Task Hello_IsTheProgramOfTheDocumentation_WithTheVersionOfTheTemplates()
    {
        var directory = await CreateAsync("Hello", "--kind", "hello");

        Assert.Equal(
            (await HelloSample.ReadAsync()).Replace("@0.1.0-*", $"@{packages.Version}", StringComparison.Ordinal),
            (await File.ReadAllTextAsync(Path.Combine(directory, "hello.cs"), Token)).ReplaceLineEndings("\n"));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(HelloSample.Playground, "hello.thrift"), Token), await File.ReadAllTextAsync(Path.Combine(directory, "hello.thrift"), Token));
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

    private static async Task BuildAsync(string directory, params string[] options) => await DotNet.RunAsync(directory, ["build", "-nologo", "-v", "q", .. options]);

    private static IEnumerable<string> FilesOf(string directory) => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(directory, file).Replace('\\', '/')).Order(StringComparer.Ordinal);

    /// <summary>The response of <c>grpc.health.v1.Health/Check</c>: a frame with the field 1, whose value 1 is SERVING.</summary>
    private static async Task<byte[]> HealthOfAsync(string socketPath)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 0]) { Headers = { ContentType = new("application/grpc") } },
        };
        using var response = await http.SendAsync(request, Token);
        return await response.Content.ReadAsByteArrayAsync(Token);
    }

    private static async Task<(string Certificate, string Key)> WriteCertificateAsync(string directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Chat", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (certificatePath, keyPath) = (Path.Combine(directory, "tls.crt"), Path.Combine(directory, "tls.key"));
        await File.WriteAllTextAsync(certificatePath, certificate.ExportCertificatePem(), Token);
        await File.WriteAllTextAsync(keyPath, key.ExportPkcs8PrivateKeyPem(), Token);
        return (certificatePath, keyPath);
    }

    /// <summary>Where the server listens, as it reports when it has started.</summary>
    private static async Task<string> AddressAsync(Process server, string scheme = "http", string? notIn = null)
    {
        var listening = $"Now listening on: {scheme}://";
        var output = new List<string>();
        while (await server.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            output.Add(line);
            if (line.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at && (notIn is null || !line.Contains(notIn, StringComparison.Ordinal)))
            {
                return line[(at + listening.Length)..];
            }
        }

        throw new InvalidOperationException($"The server ended: {string.Join('\n', output)} {await server.StandardError.ReadToEndAsync(Token)}");
    }
}
