namespace csharp Files

struct FileName { 1: required string name }
struct Start    { 1: required string name, 2: required i64 offset }
struct Piece    { 1: binary data (csharp.type="pooled") }
struct Stored   { 1: required i64 size }

/** An upload is one start, and pieces. */
union Part {
  1: Start start,
  2: Piece piece,
}

service FileStore {
  /** How much of a file has arrived: where its upload continues. */
  Stored Size     (1: FileName file) (idempotent = "true"),
  Stored Upload   (1: Part part)     (streaming.mode="client"),
  Piece  Download (1: Start from)    (streaming.mode="server"),
}
