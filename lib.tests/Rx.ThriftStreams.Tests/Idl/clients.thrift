namespace csharp Rx.ThriftStreams.Tests.ClientsAlone

// Generated for clients alone.

struct Stock { 1: i32 left }
exception SoldOut { 1: string since }

service Shelf {
  Stock Count(1: string item) throws (1: SoldOut soldOut),
  Stock Watch(1: Stock last) (streaming.mode="server"),
}

service BackRoom extends Shelf {
  i32 Reserve(1: string item, 2: i32 count),
}
