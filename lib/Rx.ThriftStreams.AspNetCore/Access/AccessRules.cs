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
    }

    private bool IsAuthorizing => _services.GetService<IAuthorizationPolicyProvider>() is not null;

    /// <summary>A policy that is required and does not exist. Providers of the host's own are asynchronous, and may know policies that exist only later: they are not asked.</summary>
    private string? UnknownPolicyOf(EndpointMetadataCollection metadata)
        => _services.GetService<IAuthorizationPolicyProvider>() is { } provider && provider.GetType() == typeof(DefaultAuthorizationPolicyProvider)
            ? metadata.GetOrderedMetadata<IAuthorizeData>()
                .Select(static required => required.Policy)
                .FirstOrDefault(name => !string.IsNullOrWhiteSpace(name) && _services.GetRequiredService<IOptions<AuthorizationOptions>>().Value.GetPolicy(name) is null)
            : null;

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
