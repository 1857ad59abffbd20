namespace csharp Demo.Defaults

enum Color { RED = 1, GREEN, BLUE = 10 }

const i32 ANSWER = 42
const i64 BIG = -9223372036854775808
const string TEXT = "a \"quoted\" \\ line\nnext\u00e9"
const double RATIO = 1.5e-3
const double WHOLE = 3
const bool YES = true
const Color FAVOURITE = Color.GREEN
const list<i32> NUMBERS = [1, 2, ANSWER]
const map<string, list<Color>> PALETTES = { "warm": [Color.RED], "cold": [Color.GREEN, Color.BLUE,], }
const set<string> WORDS = ["a", "b"]
const binary BYTES = "xyz"
const uuid ID = "00112233-4455-6677-8899-aabbccddeeff"
const Point ORIGIN = { "x": 0, "y": 0 }
const Shape DOT = { "point": { "x": 1, "y": 2 } }

struct Point { 1: required i32 x, 2: required i32 y, 3: optional string label = "point" }

union Shape { 1: Point point, 2: list<Point> path }

struct Defaults {
    1: i32 number = ANSWER,
    2: string text = TEXT,
    3: Color color = Color.BLUE,
    4: list<i32> numbers = [1, 2],
    5: map<string, i32> ages = { "eve": 30 },
    6: set<Color> colors = [Color.RED],
    7: Point point = ORIGIN,
    8: Shape shape = { "point": { "x": 3, "y": 4 } },
    9: binary bytes = "abc",
    10: optional i32 maybe = 7,
    11: optional string maybe_text = "default",
    12: optional double maybe_double = 0.5,
    13: optional list<string> maybe_list = ["x"],
    14: optional binary maybe_bytes = "q",
    15: optional Color maybe_color = Color.GREEN,
    16: uuid id = ID,
    17: optional bool maybe_bool = false,
    18: byte tiny = -128,
    19: bool flag = 1,
}
