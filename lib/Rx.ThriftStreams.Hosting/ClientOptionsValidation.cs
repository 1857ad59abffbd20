using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Checks what a channel checks when it is created, without creating one.</summary>
internal sealed class ClientOptionsValidation : IValidateOptions<ThriftClientOptions>
{
    public ValidateOptionsResult Validate(string? name, ThriftClientOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Address))
        {
            return ValidateOptionsResult.Fail($"{nameof(ThriftClientOptions.Address)} of the Thrift client \"{name}\" is not set. Set it, for example to grpc://localhost:8888.");
        }

        try
        {
            ThriftChannel.Check(options.Address, options.Channel);
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException error)
        {
            return ValidateOptionsResult.Fail($"The options of the Thrift client \"{name}\" are invalid: {error.Message}");
        }
    }
}
