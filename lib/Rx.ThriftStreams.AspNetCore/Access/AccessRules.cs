using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>Derives the checks for the calls of each method from the metadata of the endpoints, when the host starts. One per host.</summary>
/// <remarks>Thread-safe after the services are mapped.</remarks>
internal sealed class AccessRules
{
    private readonly IServiceProvider _services;
    private readonly Lazy<AccessPipeline> _pipeline;
    private readonly Lazy<AccessPipeline> _limitedPipeline;
    private readonly List<WebApplication> _applications = [];

    internal AccessRules(IServiceProvider services)
    {
        _services = services;
        _pipeline = new(() => AccessPipeline.Create(services, limitsRates: false));
        _limitedPipeline = new(() => AccessPipeline.Create(services, limitsRates: true));
    }

    private bool IsAuthenticating => _services.GetService<IAuthenticationSchemeProvider>() is not null;

    /// <summary>Services are mapped here. An application that is never started has its endpoints nowhere else.</summary>
    internal void AddSource(IEndpointRouteBuilder endpoints)
    {
        // Any other builder may belong to a group, whose conventions only its root adds.
        if (endpoints is WebApplication application && !_applications.Contains(application))
        {
            _applications.Add(application);
        }
    }

    /// <summary>The checks for the calls of a method.</summary>
    /// <exception cref="InvalidOperationException">That cannot be evaluated; the text says what to change.</exception>
    internal CallAccess Of(ThriftMethod method)
    {
        var endpoint = Find(method);
        try
        {
            return new(method, endpoint, Reach.Of(endpoint.Metadata), HostRule.Of(endpoint.Metadata), PipelineFor(method, endpoint.Metadata), IsAuthenticating ? _pipeline.Value : null);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException($"Calls of {method.FullName} cannot be authorized. {error.Message}", error);
        }
    }

    /// <summary>Fails if an endpoint of services that is served over HTTP requires authorization that cannot be evaluated. Other ports check their services themselves.</summary>
    /// <exception cref="InvalidOperationException">One does; the text says what to change.</exception>
    internal void CheckEndpoints()
    {
        var endpoints = _applications.SelectMany(static application => ((IEndpointRouteBuilder)application).DataSources).SelectMany(static source => source.Endpoints);
        foreach (var endpoint in _services.GetRequiredService<EndpointDataSource>().Endpoints.Concat(endpoints))
        {
            var metadata = endpoint.Metadata;
            if ((metadata.GetMetadata<ThriftMethod>()?.ServiceName ?? metadata.GetMetadata<CheckedEndpoint>()?.Name) is { } name)
            {
                Check(name, metadata);
            }
        }
    }

    private void Check(string name, EndpointMetadataCollection metadata)
    {
        if (!IsAuthorizing && IsRestricted(metadata))
        {
            throw new InvalidOperationException($"{name} requires authorization, which is not registered. Call builder.Services.AddAuthorization().");
        }

        if (UnknownPolicyOf(metadata) is { } policy)
        {
            throw new InvalidOperationException(
                $"{name} requires the authorization policy \"{policy}\", which is not registered. Add it with builder.Services.AddAuthorizationBuilder().AddPolicy(\"{policy}\", …), or correct the name.");
        }

        CheckSchemes(name, metadata);
    }

    private bool IsAuthorizing => _services.GetService<IAuthorizationPolicyProvider>() is not null;

    /// <summary>The options of policies; <see langword="null"/> if a provider of the host's own may know others. Such providers are asynchronous, and may know policies that exist only later: they are not asked.</summary>
    private AuthorizationOptions? Policies
        => _services.GetService<IAuthorizationPolicyProvider>() is { } provider && provider.GetType() == typeof(DefaultAuthorizationPolicyProvider)
            ? _services.GetRequiredService<IOptions<AuthorizationOptions>>().Value
            : null;

    /// <summary>A policy that is required and does not exist.</summary>
    private string? UnknownPolicyOf(EndpointMetadataCollection metadata)
        => Policies is { } policies
            ? metadata.GetOrderedMetadata<IAuthorizeData>()
                .Select(static required => required.Policy)
                .FirstOrDefault(name => !string.IsNullOrWhiteSpace(name) && policies.GetPolicy(name) is null)
            : null;

    /// <summary>Fails if a scheme that the endpoint requires, or a policy of it, does not exist: every call would fail. As with policies, providers of the host's own are not asked.</summary>
    private void CheckSchemes(string name, EndpointMetadataCollection metadata)
    {
        var known = SchemesOf(_services.GetService<IAuthenticationSchemeProvider>());
        if (known is not null && RequiredSchemesOf(metadata).FirstOrDefault(scheme => !known.Contains(scheme)) is { } scheme)
        {
            throw new InvalidOperationException(
                $"{name} requires the authentication scheme \"{scheme}\", which is not registered. Add it to builder.Services.AddAuthentication(), or correct the name. "
                    + $"Registered are: {(known.Count == 0 ? "none" : string.Join(", ", known.Order(StringComparer.Ordinal)))}.");
        }
    }

    private IEnumerable<string> RequiredSchemesOf(EndpointMetadataCollection metadata)
    {
        var required = metadata.GetOrderedMetadata<IAuthorizeData>();
        var own = metadata.GetOrderedMetadata<AuthorizationPolicy>();
        return required
            .SelectMany(static data => data.AuthenticationSchemes?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
            .Concat(own.Concat(Policies is { } policies ? PoliciesOf(required, own.Count > 0, policies) : []).SelectMany(static policy => policy.AuthenticationSchemes));
    }

    /// <summary>The policies that apply besides those in the metadata, as ASP.NET Core combines them: the ones that are named, the default where only an identity is required, the fallback where nothing is.</summary>
    private static IEnumerable<AuthorizationPolicy> PoliciesOf(IReadOnlyList<IAuthorizeData> required, bool hasOwn, AuthorizationOptions policies)
    {
        foreach (var data in required)
        {
            if (!string.IsNullOrWhiteSpace(data.Policy))
            {
                yield return policies.GetPolicy(data.Policy)!;
            }
            else if (string.IsNullOrWhiteSpace(data.Roles) && !hasOwn)
            {
                yield return policies.DefaultPolicy;
            }
        }

        if (required.Count == 0 && !hasOwn && policies.FallbackPolicy is { } fallback)
        {
            yield return fallback;
        }
    }

    /// <summary>The names of the schemes; <see langword="null"/> if a provider of the host's own has them.</summary>
    private static HashSet<string>? SchemesOf(IAuthenticationSchemeProvider? provider)
    {
        if (provider is null)
        {
            return [];
        }

#pragma warning disable RS0030 // The task is completed: this provider has the schemes in memory.
        return provider.GetType() == typeof(AuthenticationSchemeProvider)
            ? provider.GetAllSchemesAsync().Result.Select(static scheme => scheme.Name).ToHashSet(StringComparer.Ordinal)
            : null;
#pragma warning restore RS0030
    }

    private AccessPipeline? PipelineFor(ThriftMethod method, EndpointMetadataCollection metadata)
    {
        Check(method.ServiceName, metadata);

        return LimitsRates(metadata) ? _limitedPipeline.Value
            : IsAuthenticating || IsAuthorizing ? _pipeline.Value
            : null;
    }

    private static bool IsRestricted(EndpointMetadataCollection metadata)
        => metadata.GetMetadata<IAllowAnonymous>() is null
            && (metadata.GetMetadata<IAuthorizeData>() is not null
                || metadata.GetMetadata<AuthorizationPolicy>() is not null
                || metadata.GetMetadata<IAuthorizationRequirementData>() is not null);

    private bool LimitsRates(EndpointMetadataCollection metadata)
        => metadata.GetMetadata<DisableRateLimitingAttribute>() is null
            && (metadata.GetMetadata<EnableRateLimitingAttribute>() is not null
                || _services.GetService<IOptions<RateLimiterOptions>>()?.Value.GlobalLimiter is not null);

    private Endpoint Find(ThriftMethod method)
        => Find(_services.GetRequiredService<EndpointDataSource>().Endpoints, method)
            ?? _applications.Select(application => Find(((IEndpointRouteBuilder)application).DataSources.SelectMany(static source => source.Endpoints), method)).FirstOrDefault(static found => found is not null)
            ?? throw new InvalidOperationException(
                $"The endpoint of {method.FullName} is not among those of the application, so that calls of it cannot be authorized. Call MapThriftService on the application, or within UseEndpoints.");

    private static Endpoint? Find(IEnumerable<Endpoint> endpoints, ThriftMethod method)
        => endpoints.FirstOrDefault(endpoint => ReferenceEquals(endpoint.Metadata.GetMetadata<ThriftMethod>(), method));
}
