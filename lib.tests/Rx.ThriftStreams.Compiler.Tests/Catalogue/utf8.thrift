namespace csharp Demo.Texts

// string as UTF-8: by typedef, on a field, and on types in types.

typedef string Text (csharp.type="utf8")
typedef Text Alias
typedef list<Text> Lines

const Text GREETING = "h\u00e9llo"
const string PLACE = "world" (csharp.type="utf8")
const map<Text, Lines> BOOK = { "one": ["a", "b"] }
const set<Text> WORDS = ["a", "b"]

struct Texts {
    1: string plain,
    2: string text (csharp.type="utf8"),
    3: required Alias needed,
    4: optional Text maybe,
    5: Text greeting = GREETING,
    6: optional string (csharp.type="utf8") language = "en",
    7: Lines lines = ["x"],
    8: map<Text, string (csharp.type="utf8")> by_text,
    9: set<Text> words,
    10: required Text kind = "note",
}

union Content { 1: Text text, 2: binary raw, 3: Lines lines }

exception Failed { 1: Text message, 2: optional Text detail }

exception MaybeFailed { 1: optional Text message }

service TextService {
    Text Echo(1: Text text, 2: string plain) throws (1: Failed failed),
    Texts Stream(1: Texts texts) (streaming.mode="bidirectional"),
}
