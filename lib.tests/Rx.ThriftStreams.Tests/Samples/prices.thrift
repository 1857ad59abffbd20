namespace csharp Demo.Prices

struct PriceRequest {
  1: required string symbol
  /** The number of the last price that the caller has; 0 for none. */
  2: i64 after
}

struct Price {
  1: required string symbol
  2: required i64 number
  /** Money is a whole number: 101.50 is 10150. */
  3: required i64 cents
  /** Milliseconds since 1970 in UTC. */
  4: i64 at_ms
}

struct Reading { 1: required i32 number }
struct Summary { 1: required i32 count }

service Prices {
  /** Every price from now on, after those that the caller has missed. */
  Price   Watch  (1: PriceRequest request) (streaming.mode="server"),
  Price   Next   (1: PriceRequest request) (streaming.mode="unary"),
  Summary Upload (1: Reading reading)      (streaming.mode="client"),
}
