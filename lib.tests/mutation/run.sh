#!/usr/bin/env bash
# Mutation tests of one area, by Stryker: lib.tests/mutation/run.sh AREA. By hand, not in CI: up to twenty minutes on two busy cores. Scores: docs/testing.md.
# Only the test files of the area are compiled (the property TestFiles), so that each run of the tests takes seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../Rx.ThriftStreams.Tests"

case "${1:-}" in
  frames)
    mutate=('Transports/Grpc/GrpcInbound*.cs' 'Transports/Grpc/GrpcResetTrailer.cs')
    TestFiles='Grpc/GrpcInboundTests.cs'
    ;;
  writer)
    mutate=('Sockets/BatchWriter.cs' 'Sockets/RoomQueue.cs')
    TestFiles='Sockets/BatchWriter*.cs;Sockets/HeldPipeWriter.cs'
    ;;
  budget)
    mutate=('Serialization/ReadBudget.cs' 'Serialization/MessageLimits.cs')
    TestFiles='Serialization/MemoryLimitTests.cs;Serialization/MessageLimitsTests.cs;Serialization/Keeper.cs'
    ;;
  queue)
    mutate=('Transports/TTHeaderStreaming/MessageQueue.cs' 'Wire/FrameArray.cs')
    TestFiles='TTHeader/Streaming/LargeMessageTests.cs'
    ;;
  *)
    echo "usage: $0 frames|writer|budget|queue" >&2
    exit 2
    ;;
esac

export TestFiles
dotnet tool restore
dotnet stryker --project Rx.ThriftStreams.csproj --test-runner mtp --concurrency 2 --reporter cleartext --reporter html "${mutate[@]/#/--mutate=}"
