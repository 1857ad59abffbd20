using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Checks what a channel checks when it is created, without creating one, and that the methods which have options exist, and that no two services were given the same name by their IDL.</summary>
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

        if (options.Channel.Methods.Count > 0)
        {
            var names = clients.SelectMany(static methods => methods.Names).ToHashSet(StringComparer.Ordinal);
            if (options.Channel.Methods.Keys.FirstOrDefault(method => !names.Contains(method)) is { } unknown)
            {
                return ValidateOptionsResult.Fail(
                    $"{nameof(ThriftChannelOptions.Methods)} of the Thrift client \"{name}\" has options for \"{unknown}\", which is not a method of its services. Use one of: {string.Join(", ", names.Order(StringComparer.Ordinal))}.");
            }
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
}
