namespace csharp Demo.Services
namespace go a.b.Echo

struct Request { 1: optional string message }
struct Response { 1: optional string message }
struct Strict { 1: required string id }
exception Failure { 1: string message }
exception Other { 1: i32 code }

/** The base. */
service Base {
    /** Says hello.
     *  @param who whom
     */
    string hello(1: string who),
}

service Talk extends Base {
    Response bidi(1: Request req) (streaming.mode="bidirectional"),
    Response upload(1: Request req) (streaming.mode="client"),
    Response download(1: Request req) (streaming.mode="server"),
    Response single(1: Request req) (streaming.mode="unary"),
    Response ping(1: Request req, 2: i64 number, 3: Strict strict) throws (1: Failure failure, 2: Other other),
    list<i64> range(2: i64 to, 1: i64 from),
    void nothing() throws (1: Failure failure),
    oneway void fire(1: string what),
    optionalResult get(),
}

typedef Response optionalResult

service Empty {}
