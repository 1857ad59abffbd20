namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>One message that is run as a program: what its commands see, and what they leave.</summary>
public sealed class CommandRun(ThriftServerContext context, string text, bool canStream, Action<string> log, CancellationToken cancellationToken)
{
    private readonly List<string?> _replies = [];
    private IEnumerable<string> _messages = [];

    /// <summary>The call.</summary>
    public ThriftServerContext Context { get; } = context;

    /// <summary>The whole program.</summary>
    public string Text { get; } = text;

    /// <summary>Whether the method answers with a stream, so that a command can send messages of its own.</summary>
    public bool CanStream { get; } = canStream;

    /// <summary>Cancelled when the caller has gone.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Set by a command that leaves the handler.</summary>
    public bool HasReturned { get; set; }

    /// <summary>Whether there is a reply.</summary>
    public bool HasReply => _replies.Count > 0;

    /// <summary>The replies of the commands, as one; <see langword="null"/> for an unset message.</summary>
    public string? Reply => _replies.Contains(null) ? null : string.Join(';', _replies);

    /// <summary>Writes a line to the server's output.</summary>
    public void Log(string line) => log(line);

    /// <summary>Adds to the reply.</summary>
    public void Answer(string? reply) => _replies.Add(reply);

    /// <summary>Sends messages before the next command runs.</summary>
    public void Send(IEnumerable<string> messages) => _messages = messages;

    /// <summary>The messages that the last command wants to have sent.</summary>
    public IEnumerable<string> TakeMessages()
    {
        var messages = _messages;
        _messages = [];
        return messages;
    }
}
