using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.HttpJson;

/// <summary>How a service is served as JSON over HTTP. Read once, when the service is mapped.</summary>
public sealed class ThriftHttpJsonOptions
{
    internal static readonly TimeSpan DefaultKeepAliveInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How values are converted. Requests are limited by <c>ThriftServerOptions.Limits.MaxReceiveMessageSize</c> as well, which also bounds their JSON text.
    /// </summary>
    public ThriftDynamicJsonOptions Json { get; set; } = ThriftDynamicJsonOptions.Default;

    /// <summary>
    /// Whether requests that lack a <c>required</c> field without a default are refused with 400. Default <see langword="true"/>, as the OpenAPI document promises; otherwise the field is zero, as in
    /// Kitex, unless <see cref="Json"/> has <see cref="ThriftDynamicJsonOptions.RespectRequiredFields"/>.
    /// </summary>
    public bool RespectRequiredFields { get; set; } = true;

    /// <summary>
    /// Whether requests with members that their structs do not have are refused with 400; the OpenAPI document then has <c>additionalProperties</c>. Default <see langword="false"/>: they are ignored, so
    /// that callers may be newer than the server, unless <see cref="Json"/> has <see cref="ThriftDynamicJsonOptions.RefuseUnknownMembers"/>.
    /// </summary>
    public bool RefuseUnknownMembers { get; set; }

    /// <summary>
    /// Origins of web pages, such as <c>https://app.example</c>, that may open WebSockets and event streams besides pages of the server itself; <c>*</c> for any. Default:
    /// none. Browsers send cookies with such requests without asking first. Clients that are not browsers name no origin and are not restricted.
    /// </summary>
    public ISet<string> AllowedOrigins { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// How often a WebSocket on which nothing arrives is probed by a ping, and how long it may leave the ping unanswered before it is closed and its call cancelled; and how often a comment is sent
    /// on an event stream on which nothing else is sent, so that proxies keep it and a lost caller is detected. Default 30 s; <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; set; } = DefaultKeepAliveInterval;

    /// <summary>The rules for values, with those that these options add.</summary>
    internal ThriftDynamicJsonOptions EffectiveJson => Json with
    {
        RespectRequiredFields = RespectRequiredFields || Json.RespectRequiredFields,
        RefuseUnknownMembers = RefuseUnknownMembers || Json.RefuseUnknownMembers,
    };

    internal void Validate()
    {
        OptionChecks.TimeLimit(KeepAliveInterval, $"{nameof(ThriftHttpJsonOptions)}.{nameof(KeepAliveInterval)}");
        OptionChecks.NotNull(Json, $"{nameof(ThriftHttpJsonOptions)}.{nameof(Json)}");
    }
}
