// The part of KitchenSink that Apache's peers call and serve in tests.
exception SinkException {
  1: i32 code
  2: string reason
}

service KitchenSink {
  oneway void Fire(1: string what)
  void DoVoid(1: string what) throws (1: SinkException sink)
  string EchoString(1: string what)
  i32 Add(1: i32 a, 2: i32 b)
  list<i64> Range(1: i64 from_, 2: i64 to)
}
