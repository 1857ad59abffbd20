namespace csharp Consumer
include "common.thrift"
service Shop {
  common.Item Watch (1: common.Item item) (streaming.mode="server"),
}
