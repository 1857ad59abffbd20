// <sample hosting-builder>
using Market;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();

// The server: its options, limits that may change while it runs, and the service.
builder.Services.AddThriftStreams(builder.Configuration.GetSection("Thrift"));
builder.Services.AddThriftTrafficLimits(builder.Configuration.GetSection("Traffic"));
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<PriceFeed>();

// A client, here of the same service, and what uses it.
builder.Services.AddThriftClient<IQuotes>().BindConfiguration("Clients:Quotes").UseServiceDiscovery();
builder.Services.AddHostedService<Watcher>();
// </sample hosting-builder>

// <sample hosting-endpoints>
builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel
    .Configure(context.Configuration.GetSection("Kestrel"))
    .Endpoint("Thrift", endpoint => endpoint.UseThriftStreams()));
// </sample hosting-endpoints>

// <sample hosting-app>
await using WebApplication app = builder.Build();
app.MapThriftService<IQuotes, QuotesService>();
app.MapThriftHealth();
app.MapDefaultEndpoints();
await app.RunAsync();
// </sample hosting-app>
