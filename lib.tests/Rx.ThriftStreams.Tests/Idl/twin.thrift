namespace csharp Twin

struct Empty {}

// Has a method of the same name as TestService of echo.thrift.
service TwinService {
  Empty EchoPingPong (1: Empty req),
}
