using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.HttpJson;
using ThriftApp._1;
using ThriftApp._1.Contracts;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.AddTelemetry();
builder.Services.AddHealthChecks();
builder.Services.AddThriftProblemDetails();
builder.Services.AddThriftStreams(builder.Configuration.GetSection("Thrift"));

// A client of a Thrift service: of the one below, until the address names another server.
builder.Services.AddThriftClient<IAssistant>().BindConfiguration("Clients:Assistant");

// The addresses of the endpoints are in appsettings.json, those of an image in the project. With https the section also needs a Certificate.
builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel
    .Configure(context.Configuration.GetSection("Kestrel"))
    .Endpoint("Thrift", static endpoint => endpoint.UseThriftStreams()));

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapThriftService<IAssistant, AssistantService>();
app.MapThriftHealth();
app.MapHealthChecks("/healthz");

// The client is not a parameter: with PublishAot the generator of ASP.NET Core writes code for the endpoint, and it does not see interfaces that are generated in the same project.
app.MapGet("/ask", (string prompt, HttpContext http) => ThriftResults.ServerSentEvents(
    http.RequestServices.GetRequiredService<IAssistant>().AskAsync(new Prompt { Text = prompt }, http.RequestAborted).Select(static token => token.Text)));
await app.RunAsync();
