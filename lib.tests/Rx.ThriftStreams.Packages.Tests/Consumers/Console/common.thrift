namespace csharp Consumer.Common
struct Item { 1: required string name }
