// <sample beside-program>
using System.Runtime.CompilerServices;
using System.Text;
using Assistant;
using Assistant.Protobuf;
using Grpc.Core;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.HttpJson;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddGrpc(options => options.Interceptors.Add<ThriftErrorInterceptor>());
builder.Services.AddThriftStreams(options => options.Grpc.RequirePackage = true);
builder.Services.AddThriftProblemDetails();

// A client of a Thrift service: of the one below here, of another server elsewhere.
builder.Services.AddThriftClient<IChat>().BindConfiguration("Clients:Chat");

builder.WebHost.ConfigureKestrel((context, kestrel) => kestrel
    .Configure(context.Configuration.GetSection("Kestrel"))
    .Endpoint("All", endpoint => endpoint.UseThriftStreams()));

await using WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapThriftService<IChat, ChatService>();
app.MapGrpcService<SummariesService>();
app.MapGet("/answers", (string question, IChat chat, CancellationToken requestAborted) => chat.AnswerAsync(question, requestAborted));
app.MapGet("/answers/stream", (string question, IChat chat, CancellationToken requestAborted) => ThriftResults.ServerSentEvents(
    chat.AskAsync(new Question { Text = question }, new() { Timeout = TimeSpan.FromMinutes(2) }, requestAborted).Select(static token => token.Text)));
app.MapThriftHealth();
await app.RunAsync();

/// <summary>Thrift: the answer in pieces.</summary>
internal sealed class ChatService : IChat
{
    public async IAsyncEnumerable<Token> AskAsync(Question question, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (question.Text.Length == 0)
        {
            throw new ThriftStatusException(ThriftStatusCode.InvalidArgument, "The question is empty.");
        }

        foreach (string word in (string[])["You", "asked:", question.Text])
        {
            yield return new Token { Text = $"{word} " };
            await Task.Delay(50, cancellationToken);
        }
    }
}

/// <summary>gRPC with Protobuf: the answer as a whole.</summary>
internal sealed class SummariesService(IChat chat) : Summaries.SummariesBase
{
    public override async Task<Reply> Summarize(Prompt request, ServerCallContext context)
        => new() { Text = await chat.AnswerAsync(request.Text, context.CancellationToken) };
}

internal static class ChatExtensions
{
    /// <summary>Collects an answer. Calls made outside a Thrift handler inherit nothing: they get their token and their time limit here.</summary>
    public static async Task<string> AnswerAsync(this IChat chat, string question, CancellationToken cancellationToken)
    {
        var answer = new StringBuilder();
        await foreach (Token token in chat.AskAsync(new Question { Text = question }, new() { Timeout = TimeSpan.FromSeconds(30) }, cancellationToken))
        {
            answer.Append(token.Text);
        }

        return answer.ToString().TrimEnd();
    }
}
// </sample beside-program>
