namespace csharp Rx.ThriftStreams.Benchmarks.Calls.Idl

struct PieceRequest { 1: i32 count, 2: i32 size }

// Equal on the wire.
struct Piece       { 1: binary data }
struct PooledPiece { 1: binary data (csharp.type="pooled") }

service Pieces {
  Piece       Download       (1: PieceRequest request) (streaming.mode="server"),
  PooledPiece DownloadPooled (1: PieceRequest request) (streaming.mode="server"),
}
