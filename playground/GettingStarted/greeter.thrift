namespace csharp Greetings

struct Person   { 1: required string name }
struct Greeting { 1: required string text }

service Greeter {
  /** Greets one person, word by word. */
  Greeting Greet    (1: Person person) (streaming.mode="server"),
  /** Greets people as they arrive. */
  Greeting GreetAll (1: Person person) (streaming.mode="bidirectional"),
}
