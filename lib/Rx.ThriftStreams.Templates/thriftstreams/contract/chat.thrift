namespace csharp ThriftApp._1.Contracts

struct Prompt { 1: required string text }
struct Token  { 1: required string text }

service Assistant {
  /** Answers a prompt, token by token. */
  Token Ask (1: Prompt prompt) (streaming.mode="server"),
}
