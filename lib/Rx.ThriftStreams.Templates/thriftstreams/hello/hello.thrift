namespace csharp Hello

struct Person   { 1: required string name }
struct Greeting { 1: required string text }

service Greeter {
  /** Greets one person, word by word. */
  Greeting Greet (1: Person person) (streaming.mode="server"),
}
