namespace csharp Consumer
struct Tick { 1: required i32 number }
service Clock {
  Tick Watch (1: Tick from) (streaming.mode="server"),
}
