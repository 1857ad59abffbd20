namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Decides whether a call is rejected before its handler runs: <see cref="ThriftServerOptions.RejectRules"/>.</summary>
/// <param name="context">The call: its caller and method are known, its messages are not. Handler and rules share its <see cref="ThriftServerContext.Items"/>.</param>
/// <returns>
/// The reason, which is sent to the caller with <see cref="ThriftStatusCode.PermissionDenied"/>; <see langword="null"/> to let the call pass. An exception ends the call as if the
/// handler had thrown it.
/// </returns>
public delegate ValueTask<string?> ThriftRejectRule(ThriftServerContext context);
