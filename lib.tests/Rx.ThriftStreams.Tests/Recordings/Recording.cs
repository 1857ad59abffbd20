using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>One recorded call between a Kitex client and a Kitex server.</summary>
internal sealed class Recording
{
    private static readonly Lazy<Dictionary<string, Recording>> Loaded = new(Load);

    private readonly int _noted;

    private Recording(JsonElement json)
    {
        Name = Text(json, "name");
        Description = Text(json, "description");
        Transport = Text(json, "transport");
        Method = Text(json, "method");
        ClientArgs = Texts(json, "client_args");
        ClientStdout = Texts(json, "client_stdout");
        ClientExit = json.GetProperty("client_exit").GetInt32();
        ServerLog = Texts(json, "server_log");
        Notes = [.. Texts(json, "notes").Select(RecordedNote.Parse)];
        _noted = json.GetProperty("noted").GetInt32();
        Connections = [.. json.GetProperty("connections").EnumerateArray().Select(c => new RecordedConnection(Texts(c, "client_to_server"), Texts(c, "server_to_client")))];
    }

    /// <summary>All recordings, by name.</summary>
    public static IEnumerable<Recording> All => Loaded.Value.Values.OrderBy(r => r.Name, StringComparer.Ordinal);

    public string Name { get; }

    public string Description { get; }

    /// <summary>grpc, grpc-streaming, ttheader-streaming, ttheader, ttheaderframed, framed or buffered: what the client was asked to use.</summary>
    public string Transport { get; }

    public string Method { get; }

    /// <summary>How the client was started.</summary>
    public IReadOnlyList<string> ClientArgs { get; }

    /// <summary>The lines that the client wrote.</summary>
    public IReadOnlyList<string> ClientStdout { get; }

    public int ClientExit { get; }

    /// <summary>The lines that the server wrote; of some calls there are none.</summary>
    public IReadOnlyList<string> ServerLog { get; }

    /// <summary>What another decoder made of <see cref="Noted"/>.</summary>
    public IReadOnlyList<RecordedNote> Notes { get; }

    /// <summary>At least one, in the order in which they were opened.</summary>
    public IReadOnlyList<RecordedConnection> Connections { get; }

    /// <summary>The connection that the notes are about; the only one of most calls.</summary>
    public RecordedConnection Noted => Connections[_noted];

    public IReadOnlyList<byte[]> ClientToServer => Noted.ClientToServer;

    public IReadOnlyList<byte[]> ServerToClient => Noted.ServerToClient;

    /// <summary>Whether the call went over HTTP/2; a unary call of a "grpc-streaming" client did not.</summary>
    public bool IsHttp2 => Notes.Count > 0 && Notes[0].Kind is "PREFACE" or "SETTINGS";

    public static Recording Get(string name) => Loaded.Value[name];

    /// <summary>The notes of one direction.</summary>
    public IEnumerable<RecordedNote> NotesOf(bool fromClient) => Notes.Where(n => n.FromClient == fromClient);

    /// <summary>All bytes of one direction of <see cref="Noted"/>.</summary>
    public byte[] Bytes(bool fromClient) => Noted.Bytes(fromClient);

    public override string ToString() => Name;

    private static Dictionary<string, Recording> Load()
    {
        using Stream resource = typeof(Recording).Assembly.GetManifestResourceStream("recordings.jsonl.gz")!;
        using var text = new StreamReader(new GZipStream(resource, CompressionMode.Decompress), Encoding.UTF8);
        var all = new Dictionary<string, Recording>(StringComparer.Ordinal);
        while (text.ReadLine() is { } line)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            var recording = new Recording(json.RootElement);
            all.Add(recording.Name, recording);
        }

        return all;
    }

    private static string Text(JsonElement json, string key) => json.GetProperty(key).GetString()!;

    private static string[] Texts(JsonElement json, string key) => [.. json.GetProperty(key).EnumerateArray().Select(e => e.GetString()!)];
}
