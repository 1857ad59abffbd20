namespace csharp Assistant
namespace go assistant

struct Question { 1: required string text }
struct Token    { 1: required string text }

service Chat {
  /** The answer in small pieces, as a language model produces it. */
  Token Ask (1: Question question) (streaming.mode="server"),
}
