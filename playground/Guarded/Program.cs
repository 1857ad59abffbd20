// <sample security-bearer>
using Greetings;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddThriftStreams();
builder.Services.AddAuthentication().AddJwtBearer(options =>
{
    // The authority publishes its keys. Issuer, audience, signature and lifetime of each token are validated by default.
    options.Authority = builder.Configuration["Jwt:Authority"];
    options.Audience = builder.Configuration["Jwt:Audience"];
    options.MapInboundClaims = false;
});
builder.Services.AddAuthorizationBuilder().AddPolicy("members", policy => policy.RequireClaim("role", "member"));
builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel
    .Configure(context.Configuration.GetSection("Kestrel"))
    .Endpoint("Thrift", endpoint => _ = endpoint.IsHttps ? endpoint.UseThriftStreams() : throw new InvalidOperationException("The address of Kestrel:Endpoints:Thrift must begin with https: tokens need TLS.")));

await using WebApplication app = builder.Build();
app.MapThriftService<IGreeter, GreeterService>().RequireAuthorization("members");
await app.RunAsync();

internal sealed class GreeterService : IGreeter
{
    public IAsyncEnumerable<Greeting> GreetAsync(Person person, CancellationToken cancellationToken = default)
        => ((string[])["Good", "morning,", person.Name]).ToAsyncEnumerable().Select(word => new Greeting { Text = word });

    public IAsyncEnumerable<Greeting> GreetAllAsync(IAsyncEnumerable<Person> requests, CancellationToken cancellationToken = default)
        => requests.Select(person => new Greeting { Text = $"Good morning, {person.Name}." });
}
// </sample security-bearer>
