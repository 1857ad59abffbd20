namespace csharp Compared.Thrift

struct Message {
  1: optional string text,
}

service Echo {
  Message Unary         (1: Message message) (streaming.mode="unary"),
  Message Server        (1: Message message) (streaming.mode="server"),
  Message Client        (1: Message message) (streaming.mode="client"),
  Message Bidirectional (1: Message message) (streaming.mode="bidirectional"),
  Message PingPong      (1: Message message),
}
