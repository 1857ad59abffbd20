namespace csharp Demo.Echo

struct Request  { 1: optional string message }
struct Response { 1: optional string message }

service TestService {
  /** A chat: one answer to each question, in order, while more questions arrive. */
  Response Echo         (1: Request req) (streaming.mode="bidirectional"),
  /** An upload: one summary of all messages. */
  Response EchoClient   (1: Request req) (streaming.mode="client"),
  /** An answer in small pieces, as a language model produces it. */
  Response EchoServer   (1: Request req) (streaming.mode="server"),
  /** Returns the message. */
  Response EchoUnary    (1: Request req) (streaming.mode="unary"),
  /** Returns the message, as a classic Thrift call. */
  Response EchoPingPong (1: Request req),
}
