// Arguments: the prompt, and the address of the server.
using Rx.ThriftStreams;
using ThriftApp._1.Contracts;

string prompt = args.ElementAtOrDefault(0) ?? "How are you?";
string address = args.ElementAtOrDefault(1) ?? "grpc://localhost:8888";
await using ThriftChannel channel = ThriftChannel.ForAddress(address);
var assistant = new AssistantClient(channel);

// Each token as it arrives. Leaving the loop cancels the call.
await foreach (Token token in assistant.AskAsync(new Prompt { Text = prompt }))
{
    Console.Write(token.Text);
}

Console.WriteLine();
