namespace csharp Rx.ThriftStreams.Tests.Texts

// The same messages with text as UTF-8 and as string: on the wire they are equal.

typedef string Text (csharp.type="utf8")

struct Document {
  1: string title,
  2: string body (csharp.type="utf8"),
  3: optional Text summary,
  4: optional Text language = "en",
  5: list<Text> lines,
  6: map<string (csharp.type="utf8"), i32> words,
  7: set<Text> tags,
}

struct PlainDocument {
  1: string title,
  2: string body,
  3: optional string summary,
  4: optional string language = "en",
  5: list<string> lines,
  6: map<string, i32> words,
  7: set<string> tags,
}

union Content {
  1: Text text,
  2: binary raw,
}

exception Refused {
  1: Text message,
  2: optional i32 code,
}

service Library {
  Text Title(1: Document document) throws (1: Refused refused),
  Document Store(1: Document document) (streaming.mode="bidirectional"),
}
