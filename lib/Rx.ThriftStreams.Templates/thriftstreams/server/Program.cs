using Rx.ThriftStreams.AspNetCore;
using ThriftApp._1.Contracts;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddThriftStreams();

// The address of the endpoint is in appsettings.json; with https it also needs a Certificate there.
builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel
    .Configure(context.Configuration.GetSection("Kestrel"))
    .Endpoint("Thrift", static endpoint => endpoint.UseThriftStreams()));

WebApplication app = builder.Build();
app.MapThriftService<IAssistant, AssistantService>();
await app.RunAsync();
