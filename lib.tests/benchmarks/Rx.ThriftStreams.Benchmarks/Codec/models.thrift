namespace csharp Rx.ThriftStreams.Benchmarks.Codec.Idl

struct TextMessage {
  1: string text,
}

struct Item {
  1: i64 id,
  2: string name,
  3: double price,
  4: i32 quantity,
  5: bool active,
}

struct Document {
  1: i64 id,
  2: string title,
  3: list<Item> items,
  4: list<i64> samples,
  5: map<string, i32> counts,
}

struct Utf8Message {
  1: string text (csharp.type="utf8"),
}

struct BinaryMessage {
  1: binary bytes,
}
