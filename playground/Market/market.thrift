namespace csharp Market

struct Interest { 1: required string symbol }

struct Quote {
  1: required string symbol
  /** The price in cents: money is a whole number. */
  2: required i64 cents
  3: required i64 number
}

service Quotes {
  /** The price of a symbol now. */
  Quote Last (1: Interest interest) (streaming.mode="unary"),
  /** Every change of the price, without an end. */
  Quote Watch (1: Interest interest) (streaming.mode="server"),
}
