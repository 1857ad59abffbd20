namespace csharp Rx.ThriftStreams.Tests.Hostile

// Types that a peer can try to turn a few bytes into much memory or time with.

enum Kind { A = 1 }

struct Item {
  1: optional i64 id,
  2: optional string name,
  3: optional double price,
  4: optional i32 quantity,
  5: optional bool active,
  6: optional binary raw,
}

union Choice {
  1: i64 number,
  2: string text,
}

exception Failure {
  1: optional string reason,
}

struct Defaults {
  1: list<string> names,
  2: map<i32, string> texts,
  3: list<i64> numbers = [1, 2, 3],
}

struct Key {
  1: i64 id,
  2: optional double weight,
}

struct Everything {
  1: list<Item> items,
  2: list<Choice> choices,
  3: list<Defaults> defaults,
  4: list<string> strings,
  5: list<binary> binaries,
  6: list<list<i32>> lists,
  7: list<map<i32, i32>> maps,
  8: map<string, Item> byName,
  9: list<Failure> failures,
  10: set<i32> ints,
  11: set<i64> longs,
  12: set<double> doubles,
  13: set<Kind> kinds,
  14: map<i64, i64> byLong,
  15: map<i32, i64> byInt,
  16: map<double, i64> byDouble,
  17: map<Kind, i64> byKind,
  18: set<Key> keys,
  19: set<Choice> choiceKeys,
  20: list<i64> numbers,
  21: string text,
  22: binary bytes,
  23: list<string (csharp.type="utf8")> utf8Strings,
  24: string utf8Text (csharp.type="utf8"),
  25: set<string (csharp.type="utf8")> utf8Keys,
  26: list<binary (csharp.type="pooled")> pooled,
}

struct Nest {
  1: optional Nest child,
  2: optional list<Nest> list,
  3: optional set<Nest> set,
  4: optional map<string, Nest> map,
}

union Tree {
  1: Tree child,
  2: list<Tree> list,
  3: set<Tree> set,
  4: map<string, Tree> map,
}
