namespace go echo
namespace csharp Demo.Echo

struct Request  { 1: optional string message }
struct Response { 1: optional string message }

service TestService {
  Response Echo         (1: Request req) (streaming.mode="bidirectional"),
  Response EchoClient   (1: Request req) (streaming.mode="client"),
  Response EchoServer   (1: Request req) (streaming.mode="server"),
  Response EchoUnary    (1: Request req) (streaming.mode="unary"),
  /** A classic Thrift call, no stream. */
  Response EchoPingPong (1: Request req),
}
