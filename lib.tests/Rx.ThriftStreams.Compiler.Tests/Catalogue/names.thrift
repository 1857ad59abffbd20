namespace csharp Demo.event.Names

enum class { int = 0, Int = 1, INT_VALUE = 2, value__ = 3 }

struct record { 1: i32 record, 2: string equals, 3: bool get_hash_code, 4: i32 read, 5: i32 write, 6: i32 to_string, 7: i32 ToString, 8: i32 a_b, 9: i32 aB, 10: i32 _1st, 11: i32 object }

struct list_of { 1: list<class> list, 2: optional record struct, 3: i32 required, 4: string optional, 5: required i32 namespace }

union string_or { 1: string Match, 2: i32 switch, 3: i32 read, 4: i32 value, 5: i32 matchCase, 6: bool match }

const i32 class_ = 1
const string CONST = "const"

struct IClash {}
struct ClashClient {}

service Clash {
    i32 call(1: i32 cancellationToken, 2: i32 options, 3: i32 requests, 4: i32 service, 5: i32 buffer, 6: string class, 7: string _service),
    void open(),
    void openOpen(),
    void GetType(),
    record echo(1: record event) (streaming.mode="server"),
}
