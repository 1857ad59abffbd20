using System.Runtime.CompilerServices;
using ThriftApp._1.Contracts;

/// <summary>Answers prompts, token by token, until the caller leaves: <c>cancellationToken</c> is then cancelled.</summary>
internal sealed class AssistantService : IAssistant
{
    public async IAsyncEnumerable<Token> AskAsync(Prompt prompt, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (string word in $"You asked: {prompt.Text}".Split(' '))
        {
            await Task.Delay(100, cancellationToken);
            yield return new Token { Text = $"{word} " };
        }
    }
}
