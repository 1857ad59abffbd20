using CsCheck;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>A million random and mutated inputs into every reader: nothing may come out but a value or the typed error, and memory must stay in proportion.</summary>
public sealed class CodecFuzzTests
{
    private const int InputsPerCase = 100_000;

    // A list of n empty strings has 4 n bytes on the wire and 8 n in memory, and an error with its trace costs a few thousand.
    private const int AllocatedPerInputByte = 400;
    private const int AllocatedPerInput = 64 * 1024;

    public enum Walk
    {
        Typed,
        Generated,
        Dynamic,
        Skip,
        Transcode,
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary, Walk.Typed)]
    [InlineData(ThriftProtocol.Binary, Walk.Generated)]
    [InlineData(ThriftProtocol.Binary, Walk.Dynamic)]
    [InlineData(ThriftProtocol.Binary, Walk.Skip)]
    [InlineData(ThriftProtocol.Binary, Walk.Transcode)]
    [InlineData(ThriftProtocol.Compact, Walk.Typed)]
    [InlineData(ThriftProtocol.Compact, Walk.Generated)]
    [InlineData(ThriftProtocol.Compact, Walk.Dynamic)]
    [InlineData(ThriftProtocol.Compact, Walk.Skip)]
    [InlineData(ThriftProtocol.Compact, Walk.Transcode)]
    [InlineData(ThriftProtocol.Json, Walk.Typed)]
    [InlineData(ThriftProtocol.Json, Walk.Generated)]
    [InlineData(ThriftProtocol.Json, Walk.Dynamic)]
    [InlineData(ThriftProtocol.Json, Walk.Skip)]
    public void Read_OfHostileBytes_GivesAValueOrTheTypedError(ThriftProtocol protocol, Walk walk)
    {
        var random = new Random(20_240 + (int)protocol + (10 * (int)walk));
        byte[][] seeds = [.. walk == Walk.Generated ? GeneratedSeeds(protocol) : Seeds(protocol)];
        byte[] input = new byte[8192];
        using var buffer = new ThriftWriteBuffer(8192);
        int accepted = 0;
        int rejected = 0;
        for (int i = 0; i < InputsPerCase; i++)
        {
            int length = Mutate(random, seeds, input);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Take(input.AsSpan(0, length), protocol, walk, buffer);
                accepted++;
            }
            catch (ThriftProtocolException)
            {
                rejected++;
            }
            catch (Exception error)
            {
                Assert.Fail($"Input {Convert.ToHexString(input.AsSpan(0, length))} gave {error}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > AllocatedPerInput + ((long)AllocatedPerInputByte * length))
            {
                Assert.Fail($"Input {Convert.ToHexString(input.AsSpan(0, length))} made {allocated} bytes of {length}.");
            }
        }

        // Otherwise the inputs would all end at the first byte, or mutation would do nothing.
        // What is changed in JSON is rarely JSON still.
        Assert.True(accepted > InputsPerCase / (protocol == ThriftProtocol.Json ? 200 : 100) && rejected > InputsPerCase / 100, $"{accepted} accepted, {rejected} rejected");
    }

    private static void Take(ReadOnlySpan<byte> input, ThriftProtocol protocol, Walk walk, ThriftWriteBuffer buffer)
    {
        buffer.Reset();
        switch (walk, protocol)
        {
            case (Walk.Typed, _): ThriftSerializer.Deserialize<Sample>(input, protocol); break;
            case (Walk.Generated, _): ThriftSerializer.Deserialize<AllTypes>(input, protocol); break;
            case (Walk.Dynamic, _): DynamicCodec.Read(input, protocol); break;
            case (Walk.Skip, ThriftProtocol.Binary): new ThriftReader(input).Skip(ThriftType.Struct); break;
            case (Walk.Skip, ThriftProtocol.Json): new ThriftJsonReader(input).Skip(ThriftType.Struct); break;
            case (Walk.Skip, _): new ThriftCompactReader(input).Skip(ThriftType.Struct); break;
            case (_, ThriftProtocol.Binary):
                var binary = new ThriftReader(input);
                var compactWriter = new ThriftCompactWriter(buffer);
                ThriftTranscoder.CopyStruct(ref binary, ref compactWriter);
                break;
            default:
                var compact = new ThriftCompactReader(input);
                var binaryWriter = new ThriftWriter(buffer);
                ThriftTranscoder.CopyStruct(ref compact, ref binaryWriter);
                break;
        }
    }

    private static IEnumerable<byte[]> Seeds(ThriftProtocol protocol)
    {
        yield return ThriftSerializer.SerializeToArray(Sample.Full(), protocol);
        yield return ThriftSerializer.SerializeToArray(new Sample(), protocol);
        for (uint i = 0; i < 30; i++)
        {
            Dynamic value = DynamicGen.Struct(3).Generate(new PCG(i + 1, 42), null, out _);
            byte[] bytes = DynamicCodec.Write(value, protocol);
            if (bytes.Length <= 1000)
            {
                yield return bytes;
            }
        }
    }

    private static IEnumerable<byte[]> GeneratedSeeds(ThriftProtocol protocol)
        => RecordedSinkPayloads.Recordings
            .Where(recording => recording.Name.StartsWith("grpc-sink-bidi", StringComparison.Ordinal))
            .SelectMany(recording => RecordedSinkPayloads.Of(recording, fromClient: true))
            .Select(bytes => ThriftSerializer.SerializeToArray(ThriftSerializer.Deserialize<AllTypes>(bytes), protocol));

    // Bytes of nothing, bits turned, numbers set to extremes, pieces cut out, moved and repeated.
    private static int Mutate(Random random, byte[][] seeds, byte[] input)
    {
        if (random.Next(8) == 0)
        {
            int size = random.Next(1, 64);
            random.NextBytes(input.AsSpan(0, size));
            input[0] = (byte)random.Next(17);
            return size;
        }

        byte[] seed = seeds[random.Next(seeds.Length)];
        int length = Math.Min(seed.Length, input.Length);
        seed.AsSpan(0, length).CopyTo(input);
        for (int changes = random.Next(1, 4); changes > 0 && length > 0; changes--)
        {
            int at = random.Next(length);
            switch (random.Next(6))
            {
                case 0: input[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: input[at] = (byte)random.Next(256); break;
                case 2: input[at] = (byte)random.Next(17); break;
                case 3: input.AsSpan(at, Math.Min(4, length - at)).Fill((byte)(random.Next(2) == 0 ? 0xFF : 0x7F)); break;
                case 4: length = at; break;
                default:
                    int from = random.Next(length);
                    int count = Math.Min(random.Next(1, 32), length - Math.Max(from, at));
                    input.AsSpan(from, count).CopyTo(input.AsSpan(at));
                    break;
            }
        }

        return length;
    }
}
