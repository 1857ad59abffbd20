using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Checks what a channel checks when it is created, without creating one, and that the methods and services which have options exist, and that no two services were given the same name by their IDL.</summary>
internal sealed class ClientOptionsValidation(IServiceProvider provider) : IValidateOptions<ThriftClientOptions>
{
    public ValidateOptionsResult Validate(string? name, ThriftClientOptions options)
    {
        var clients = provider.GetKeyedServices<ClientMethods>(name).ToList();
        if (clients.Where(static client => !client.IsNamed).Select(static client => client.Service).Distinct().ToList() is { Count: > 1 } namesakes)
        {
            return ValidateOptionsResult.Fail(
                $"{string.Join(" and ", namesakes.Select(static service => service.FullName))} are called \"{name}\" in their IDL, so that their clients would share a channel and its options. Name them: AddThriftClient<{namesakes[^1].Name}>(\"a name of its own\").");
        }

        if (string.IsNullOrWhiteSpace(options.Address))
        {
            return ValidateOptionsResult.Fail($"{nameof(ThriftClientOptions.Address)} of the Thrift client \"{name}\" is not set. Set it, for example to grpc://localhost:8888.");
        }

        if (FindUnknown(options.Channel.Methods.Keys, clients.SelectMany(static client => client.Names)) is var (method, methods))
        {
            return ValidateOptionsResult.Fail(
                $"{nameof(ThriftChannelOptions.Methods)} of the Thrift client \"{name}\" has options for \"{method}\", which is not a method of its services. Use one of: {methods}.");
        }

        // Endpoints come and go while the program runs, so that any is allowed.
        var overrides = options.Channel.Resilience.CircuitBreaker?.Overrides.Keys.Where(static key => !EndpointAddress.IsEndpoint(key)) ?? [];
        if (FindUnknown(overrides, clients.SelectMany(static client => client.BreakerNames)) is var (key, names))
        {
            return ValidateOptionsResult.Fail(
                $"{nameof(ThriftResilienceOptions.CircuitBreaker)}.{nameof(ThriftCircuitBreakerOptions.Overrides)} of the Thrift client \"{name}\" has settings for \"{key}\", which is neither a service of the client nor a method of one, nor an endpoint such as 10.0.0.1:8888. Use one of: {names}.");
        }

        try
        {
            ThriftChannel.Check(options.Address, options.Channel);
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentOutOfRangeException refused) when (OptionSection.FailureOf(options.Section, refused) is { } failure)
        {
            return ValidateOptionsResult.Fail(failure);
        }
        catch (ArgumentException error)
        {
            return ValidateOptionsResult.Fail($"The options of the Thrift client \"{name}\" are invalid: {error.Message}");
        }
    }

    /// <returns>The first key that is not a name, and the names; <see langword="null"/> if all are.</returns>
    private static (string Key, string Names)? FindUnknown(IEnumerable<string> keys, IEnumerable<string> names)
    {
        HashSet<string>? known = null;
        foreach (var key in keys)
        {
            known ??= names.ToHashSet(StringComparer.Ordinal);
            if (!known.Contains(key))
            {
                return (key, string.Join(", ", known.Order(StringComparer.Ordinal)));
            }
        }

        return null;
    }
}
