namespace csharp Demo.Pieces

// binary in memory of a pool: by typedef, on a field, and on types in types.

typedef binary Bytes (csharp.type="pooled")
typedef Bytes Alias
typedef list<Bytes> Parts

const Bytes MARK = "PK"
const binary END = "end" (csharp.type="pooled")
const map<i32, Bytes> MARKS = { 1: "one" }

struct Piece {
    1: binary plain,
    2: binary data (csharp.type="pooled"),
    3: required Alias needed,
    4: optional Bytes maybe,
    5: Bytes mark = MARK,
    6: optional binary (csharp.type="pooled") kind = "raw",
    7: Parts parts = ["x"],
    8: map<i32, binary (csharp.type="pooled")> by_number,
    9: required Bytes end = "end",
}

union Content { 1: Bytes data, 2: string text, 3: Parts parts }

exception Failed { 1: string message, 2: optional Bytes detail }

service Files {
    Bytes Read(1: string name, 2: Bytes key) throws (1: Failed failed),
    Piece Download(1: Piece from) (streaming.mode="server"),
}
