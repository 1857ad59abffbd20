using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Demo.Server;

/// <summary>The service that the demo calls. The delays simulate work; without them there would be nothing to watch.</summary>
internal sealed class EchoService : ITestService
{
    private static readonly TimeSpan TokenDelay = TimeSpan.FromMilliseconds(35);
    private static readonly TimeSpan ThinkingTime = TimeSpan.FromMilliseconds(150);

    public async IAsyncEnumerable<Response> EchoAsync(
        IAsyncEnumerable<Request> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            await Task.Delay(ThinkingTime, cancellationToken);
            yield return new Response { Message = Answers.ToChat(request.Message) };
        }
    }

    public async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
    {
        var (lines, words, letters) = (0, 0, 0);
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            var text = request.Message ?? string.Empty;
            lines++;
            words += text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            letters += text.Count(char.IsLetter);
        }

        return new Response { Message = $"{lines} lines, {words} words, {letters} letters" };
    }

    public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var token in Answers.Tokens(req.Message))
        {
            await Task.Delay(TokenDelay, cancellationToken);
            yield return new Response { Message = token };
        }
    }

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = req.Message });

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = req.Message });
}
