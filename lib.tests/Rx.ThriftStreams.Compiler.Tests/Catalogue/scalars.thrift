namespace csharp Demo.Scalars

/** Every base type, each way it can be required.
 *
 *  Second paragraph: a < b & c.
 */
struct Scalars {
    1: bool a_bool,
    2: byte a_byte,
    3: i16 a_short,
    4: i32 an_int,
    5: i64 a_long,
    6: double a_double,
    /** A text. */
    7: string a_string,
    8: binary a_binary,
    9: uuid an_id,
    11: optional bool maybe_bool,
    12: optional i8 maybe_byte,
    13: optional i32 maybe_int,
    14: optional double maybe_double,
    15: optional string maybe_string,
    16: optional binary maybe_binary,
    17: optional uuid maybe_id,
    21: required bool needed_bool,
    22: required string needed_string,
    23: required binary needed_binary,
    24: required i32 needed_default = 7,
}
