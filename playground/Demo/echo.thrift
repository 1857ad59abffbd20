namespace csharp Demo.Echo

struct Request  { 1: optional string message }
struct Response { 1: optional string message }

service TestService {
  /** A chat: for each question one answer, in order, while further questions come. */
  Response Echo         (1: Request req) (streaming.mode="bidirectional"),
  /** An upload: one summary of all messages. */
  Response EchoClient   (1: Request req) (streaming.mode="client"),
  /** An answer in small pieces, as a language model gives it. */
  Response EchoServer   (1: Request req) (streaming.mode="server"),
  /** The message back. */
  Response EchoUnary    (1: Request req) (streaming.mode="unary"),
  /** The message back, as a classic Thrift call. */
  Response EchoPingPong (1: Request req),
}
