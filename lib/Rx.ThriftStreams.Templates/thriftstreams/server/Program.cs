using Rx.ThriftStreams.AspNetCore;
using ThriftApp._1.Contracts;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddThriftStreams();

// The address of the endpoint is in appsettings.json. For TLS, call UseTls or UseHttps before UseThriftStreams.
builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel
    .Configure(context.Configuration.GetSection("Kestrel"))
    .Endpoint("Thrift", endpoint => endpoint.ListenOptions.UseThriftStreams()));

WebApplication app = builder.Build();
app.MapThriftService<IAssistant, AssistantService>();
await app.RunAsync();
