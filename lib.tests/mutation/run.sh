#!/usr/bin/env bash
# Mutation tests of one area, or of some of its files, by Stryker: lib.tests/mutation/run.sh AREA [FILE-PATTERN]. By hand, not in CI: up to half an hour on two busy cores. Scores: docs/mutation-tests.md.
# Only the test files of the area are compiled (the property TestFiles), so that each run of the tests takes seconds.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../Rx.ThriftStreams.Tests"

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
    TestFiles='Serialization/MemoryLimitTests.cs;Serialization/MessageLimitsTests.cs;Serialization/ReadBudgetTests.cs;Serialization/Keeper.cs'
    ;;
  queue)
    mutate=('Transports/TTHeaderStreaming/MessageQueue.cs' 'Wire/FrameArray.cs')
    TestFiles='TTHeader/Streaming/LargeMessageTests.cs;TTHeader/Streaming/MessageQueueTests.cs'
    ;;
  reader)
    mutate=('Serialization/ThriftReader*.cs')
    TestFiles='Serialization/ThriftReader*Tests.cs;Serialization/MemoryLimitTests.cs;Serialization/Keeper.cs;Serialization/Sample.cs;Serialization/RawMessageTests.cs'
    ;;
  reactive)
    mutate=('Reactive/BoundedEnumerator.cs' 'Reactive/ColdPump.cs')
    TestFiles='Reactive/Bounded*Tests.cs;Reactive/Cold*Tests.cs;Reactive/Marbles/*.cs'
    ;;
  call)
    mutate=('Client/ClientCall.cs' 'Client/ClientCallOfT.cs' 'Client/RequestSender.cs' 'Client/ResponseReceiver.cs' 'Client/RequestPump.cs' 'Client/SingleRequest.cs')
    TestFiles='Surface/CallEndTests.cs;Surface/CallParentTests.cs;Surface/RequestSenderTests.cs;Surface/ResponseReceiverTests.cs;Surface/RequestPumpTests.cs;Surface/ClientCallTests.cs;Surface/FinishedCallTests.cs'
    ;;
  connector)
    mutate=('Client/StreamConnector.cs')
    TestFiles='Governance/StreamConnectorTests.cs;Governance/ConnectRetryTests.cs;Governance/EndpointTests.cs;Governance/CircuitBreaker*Tests.cs;Governance/CallRetryTests.cs;Governance/Cluster.cs'
    TestFiles+=';Discovery/FailoverTests.cs;Discovery/WarmUpTests.cs;Discovery/ChangedListTests.cs;Balancing/OutlierEjectionTests.cs;Clients/KitexPolicyTests.cs;Etcd/EtcdServer.cs;Surface/TimeoutTests.cs'
    ;;
  connection)
    mutate=('Transports/TTHeaderStreaming/FrameConnection.cs' 'Transports/TTHeaderStreaming/FrameIntake.cs' 'Transports/TTHeaderStreaming/OversizeFrames.cs')
    TestFiles='TTHeader/Streaming/FrameConnectionTests.cs;TTHeader/Streaming/FrameIntakeTests.cs;TTHeader/Streaming/OversizeFrameTests.cs;TTHeader/Streaming/FrameDispatchTests.cs;TTHeader/Streaming/LargeMessageTests.cs;TTHeader/Streaming/StreamOutboxTests.cs'
    ;;
  streams)
    mutate=('Transports/TTHeaderStreaming/StreamInbox.cs' 'Transports/TTHeaderStreaming/StreamOutbox.cs' 'Transports/TTHeaderStreaming/ReceiveGate.cs'
      'Transports/TTHeaderStreaming/ClientFrameStream.cs' 'Transports/TTHeaderStreaming/WindowPool.cs' 'Transports/TTHeaderStreaming/StreamLimits.cs')
    TestFiles='TTHeader/Streaming/StreamInboxTests.cs;TTHeader/Streaming/StreamOutboxTests.cs;TTHeader/Streaming/ReceiveGateTests.cs;TTHeader/Streaming/ClientFrameStreamTests.cs'
    TestFiles+=';TTHeader/Streaming/WindowPoolTests.cs;TTHeader/Streaming/FrameConnectionTests.cs;TTHeader/Streaming/ClientStateTests.cs'
    ;;
  *)
    echo "usage: $0 frames|writer|budget|queue|reader|reactive|call|connector|connection|streams [FILE-PATTERN]" >&2
    exit 2
    ;;
esac

if [[ -n "${2:-}" ]]; then
  mutate=("$2")
fi

export TestFiles RunAnalyzers=false
dotnet tool restore
dotnet stryker --config-file "$here/stryker.json" "${mutate[@]/#/--mutate=}"
