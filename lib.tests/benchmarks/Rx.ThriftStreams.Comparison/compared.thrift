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

struct Utf8Message {
  1: optional string text (csharp.type="utf8"),
}

service Utf8Echo {
  Utf8Message Server (1: Utf8Message message) (streaming.mode="server"),
  Utf8Message Client (1: Utf8Message message) (streaming.mode="client"),
}
