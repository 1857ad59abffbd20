namespace csharp Demo.Containers

enum Kind { NONE, SOME }

typedef list<i64> Row
typedef map<string, Row> Table

struct Key { 1: string name }

struct Containers {
    1: list<string> strings,
    2: list<bool> flags,
    3: list<i16> shorts,
    4: list<i32> ints,
    5: list<i64> longs,
    6: list<double> doubles,
    7: list<Kind> kinds,
    8: set<binary> blobs,
    9: map<binary, string> by_blob,
    10: map<Key, Key> by_key,
    11: map<list<i32>, set<string>> by_list,
    12: list<map<string, list<set<i32>>>> deep,
    13: Table table,
    14: optional list<Key> maybe_keys,
    15: required set<uuid> ids,
    16: list<binary> binaries,
    17: optional map<Kind, Table> tables,
    18: set<Kind> kind_set,
    19: set<list<binary>> lists_of_binary,
    20: list<byte> bytes,
}
