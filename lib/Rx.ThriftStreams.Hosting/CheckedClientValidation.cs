using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Checks that the clients which are checked exist: otherwise the check of one would fail for as long as the program runs.</summary>
internal sealed class CheckedClientValidation(IEnumerable<CheckedClient> checks, IEnumerable<ClientName> clients) : IValidateOptions<HealthCheckServiceOptions>
{
    public ValidateOptionsResult Validate(string? name, HealthCheckServiceOptions options)
    {
        var names = clients.Select(static client => client.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return checks.FirstOrDefault(check => !names.Contains(check.Client, StringComparer.Ordinal)) is { } unknown
            ? ValidateOptionsResult.Fail(
                $"The health check \"{unknown.Check}\" is of the Thrift client \"{unknown.Client}\", which was not added. "
                + (names.Count == 0 ? "Add it by AddThriftClient." : $"Add it by AddThriftClient, or use one of: {string.Join(", ", names)}."))
            : ValidateOptionsResult.Success;
    }
}
