using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Dispatch;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Creates the pools of Kestrel, and bounds the large blocks that they have together: <see cref="ThriftServerLimits.MaxLargeBlockMemory"/>.</summary>
/// <remarks>A peer that makes a connection hold a few bytes holds a block. Without a bound, many of them would hold sixteen times the memory that Kestrel's own blocks take.</remarks>
internal sealed class LargeBlockPoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(10);

    private readonly IMemoryPoolFactory<byte> _kestrel;
    private readonly ConcurrentDictionary<LargeBlockPool, bool> _pools = [];
    private readonly long _most;
    private readonly ITimer _trimming;
    private long _blocks;

    internal LargeBlockPoolFactory(IMemoryPoolFactory<byte> kestrel, ThriftServerOptions options)
    {
        _kestrel = kestrel;
        _most = options.Limits.MaxLargeBlockMemory / LargeBlockPool.BlockSize;
        _trimming = options.TimeProvider.CreateTimer(static factory => ((LargeBlockPoolFactory)factory!).Trim(), this, TrimInterval, TrimInterval);
    }

    /// <summary>The large blocks that exist, in use or not.</summary>
    internal long Blocks => Volatile.Read(ref _blocks);

    /// <summary>Puts the factory before the one that Kestrel has registered. Without Kestrel, or a second time, it does nothing.</summary>
    internal static void Register(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceKey is nameof(LargeBlockPoolFactory))
            || services.LastOrDefault(static service => service.ServiceType == typeof(IMemoryPoolFactory<byte>) && !service.IsKeyedService) is not { } kestrel)
        {
            return;
        }

        services.Add(kestrel switch
        {
            { ImplementationInstance: { } instance } => new(kestrel.ServiceType, nameof(LargeBlockPoolFactory), instance),
            { ImplementationType: { } type } => new(kestrel.ServiceType, nameof(LargeBlockPoolFactory), type, kestrel.Lifetime),
            _ => new ServiceDescriptor(kestrel.ServiceType, nameof(LargeBlockPoolFactory), (provider, _) => kestrel.ImplementationFactory!(provider), kestrel.Lifetime),
        });
        services.AddSingleton<IMemoryPoolFactory<byte>>(static provider => new LargeBlockPoolFactory(
            provider.GetRequiredKeyedService<IMemoryPoolFactory<byte>>(nameof(LargeBlockPoolFactory)), provider.GetRequiredService<ThriftServerRuntime>().Options));
    }

    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
    {
        var pool = new LargeBlockPool(this, _kestrel.Create(options));
        _pools[pool] = true;
        return pool;
    }

    /// <summary>Counts a large block that is about to be created.</summary>
    /// <returns>Whether there may be one more.</returns>
    internal bool TryAdd()
    {
        if (Blocks >= _most)
        {
            return false;
        }

        if (Interlocked.Increment(ref _blocks) <= _most)
        {
            return true;
        }

        Remove();
        return false;
    }

    /// <summary>A large block no longer exists.</summary>
    internal void Remove() => Interlocked.Decrement(ref _blocks);

    internal void Forget(LargeBlockPool pool) => _pools.TryRemove(pool, out _);

    /// <inheritdoc/>
    public void Dispose() => _trimming.Dispose();

    private void Trim()
    {
        foreach (var (pool, _) in _pools)
        {
            pool.Trim();
        }
    }
}
