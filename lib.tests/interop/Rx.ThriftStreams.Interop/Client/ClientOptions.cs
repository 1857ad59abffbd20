namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>What the client was asked to do.</summary>
public sealed record ClientOptions
{
    /// <summary>The texts that represent a message that is not set.</summary>
    public const string UnsetMessage = "<unset>";

    /// <summary>The server, <c>host:port</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The transport, by the name that it has on the command line.</summary>
    public required string Transport { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>How many messages or calls.</summary>
    public int Count { get; init; } = 3;

    /// <summary>The text of messages; <c>%d</c> is the index. <see langword="null"/>: the method's own.</summary>
    public string? Message { get; init; }

    /// <summary>The second argument of PingPong.</summary>
    public string Second { get; init; } = "plain";

    /// <summary>The payload of KitchenSink.</summary>
    public string Sample { get; init; } = "full";

    /// <summary>Receive once after each send.</summary>
    public bool Lockstep { get; init; } = true;

    /// <summary>End the requests.</summary>
    public bool CloseSend { get; init; } = true;

    /// <summary>Cancel after so many received messages.</summary>
    public int? CancelAfter { get; init; }

    /// <summary>Cancel after so long.</summary>
    public TimeSpan? CancelDelay { get; init; }

    /// <summary>Use TLS, whatever the server's certificate.</summary>
    public bool Tls { get; init; }

    /// <summary>The limit of a call of one message each way.</summary>
    public TimeSpan? RpcTimeout { get; init; }

    /// <summary>Settings of each call.</summary>
    public ThriftCallOptions Call { get; init; } = new();

    /// <summary>The name of the service that is called.</summary>
    public string DestinationService { get; init; } = "lab.server";

    /// <summary>The caller's own name.</summary>
    public string Caller { get; init; } = "lab.client";

    /// <summary>Reads a command line.</summary>
    public static ClientOptions From(Arguments arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var options = new ClientOptions
        {
            Address = arguments.Text("addr") ?? "127.0.0.1:8888",
            Transport = arguments.Text("transport") ?? "grpc",
            Method = arguments.Required("method"),
            Count = arguments.Number("n", 3),
            Message = arguments.Text("message"),
            Second = arguments.Text("second") ?? "plain",
            Sample = arguments.Text("sample") ?? "full",
            Lockstep = arguments.Flag("lockstep", otherwise: true),
            CloseSend = !arguments.Flag("no-close-send"),
            CancelAfter = arguments.Text("cancel-after") is null ? null : arguments.Number("cancel-after", 0),
            CancelDelay = arguments.Duration("cancel-delay"),
            Tls = arguments.Flag("tls"),
            RpcTimeout = arguments.Duration("rpc-timeout"),
            Call = new ThriftCallOptions
            {
                Timeout = arguments.Duration("timeout"),
                ReceiveTimeout = arguments.Duration("recv-timeout"),
                Compressor = arguments.Text("compress"),
                Headers = Metadata(arguments),
                MetaInfo = MetaInfo(arguments),
            },
            DestinationService = arguments.Text("dest-service") ?? "lab.server",
            Caller = arguments.Text("caller") ?? "lab.client",
        };
        if (arguments.Text("balance") is { } balance and not "round-robin")
        {
            throw new UsageException($"Streams are spread over the addresses of --addr in turn, which is --balance round-robin. There is no \"{balance}\".");
        }

        if (arguments.Text("hash-key") is not null)
        {
            throw new UsageException("Streams are spread over the addresses of --addr in turn: no balancer hashes a --hash-key.");
        }

        arguments.CheckAllKnown();
        return options;
    }

    /// <summary>The text of a message.</summary>
    public string? TextOf(int index)
    {
        var text = Message ?? "hello-%d";
        return text == UnsetMessage ? null : text.Replace("%d", Json.Number(index), StringComparison.Ordinal);
    }

    private static ThriftMetadata? Metadata(Arguments arguments)
    {
        var metadata = new ThriftMetadata();
        foreach (var (name, value) in arguments.Pairs("meta"))
        {
            try
            {
                if (name.EndsWith("-bin", StringComparison.Ordinal))
                {
                    metadata.AddBinary(name, System.Text.Encoding.UTF8.GetBytes(value));
                }
                else
                {
                    metadata.Add(name, value);
                }
            }
            catch (ArgumentException error)
            {
                throw new UsageException(error.Message);
            }
        }

        return metadata.Count > 0 ? metadata : null;
    }

    private static ThriftMetaInfo? MetaInfo(Arguments arguments)
    {
        var metaInfo = new ThriftMetaInfo();
        foreach (var (key, value) in arguments.Pairs("metainfo"))
        {
            metaInfo.Transient[key] = value;
        }

        foreach (var (key, value) in arguments.Pairs("persist"))
        {
            metaInfo.Persistent[key] = value;
        }

        return metaInfo.Transient.Count + metaInfo.Persistent.Count > 0 ? metaInfo : null;
    }
}
