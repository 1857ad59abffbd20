namespace csharp Demo.Errors

exception Simple { 1: string message, 2: i32 code }
exception Odd { 1: i32 message, 2: required string data, 3: optional string stack_trace }
exception Bare {}
exception Nested { 1: optional Simple cause, 2: list<string> why }
