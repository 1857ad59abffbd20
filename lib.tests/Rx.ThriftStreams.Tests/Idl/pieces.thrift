namespace csharp Rx.ThriftStreams.Tests.Pieces

// The same messages with binaries of a pool and without: on the wire they are equal.

typedef binary Bytes (csharp.type="pooled")

struct Piece {
  1: i32 number,
  2: binary data (csharp.type="pooled"),
  3: optional Bytes digest,
  4: optional Bytes kind = "raw",
  5: list<Bytes> parts,
  6: map<i32, binary (csharp.type="pooled")> by_number,
}

struct PlainPiece {
  1: i32 number,
  2: binary data,
  3: optional binary digest,
  4: optional binary kind = "raw",
  5: list<binary> parts,
  6: map<i32, binary> by_number,
}

union PieceContent {
  1: Bytes data,
  2: string text,
}

struct PieceRequest {
  1: i32 count,
  2: i32 size,
}

struct PieceSummary {
  1: i64 bytes,
}

service PieceStore {
  Bytes Read(1: PieceRequest request),
  Piece Download(1: PieceRequest request) (streaming.mode="server"),
  PieceSummary Upload(1: Piece piece) (streaming.mode="client"),
  Piece Copy(1: Piece piece) (streaming.mode="bidirectional"),
}

struct FileRequest { 1: required string name }
struct FilePiece   { 1: binary data (csharp.type="pooled") }

service Files {
  FilePiece Download (1: FileRequest request) (streaming.mode="server"),
}
