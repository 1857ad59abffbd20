using System.Reflection;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Architecture;

/// <summary>Async methods that run for each message have pooled builders, so that a message that waits allocates no task.</summary>
public sealed class PooledMethodTests
{
    [Fact]
    public void TransportStreams_MethodsOfMessages_ArePooled()
    {
        var streams = new[] { typeof(ThriftChannel).Assembly, typeof(ThriftServer).Assembly }
            .SelectMany(static assembly => assembly.GetTypes())
            .Where(static type => BasesOf(type).Any(static parent => parent.Name is "ClientTransportStream`2" or "ServerTransportStream`2"))
            .ToList();
        Assert.True(streams.Count > 10, $"Only {streams.Count} streams were found.");

        var unpooled = streams
            .SelectMany(static type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(static method => method.IsDefined(typeof(AsyncStateMachineAttribute)) && IsOfMessages(method) && !method.IsDefined(typeof(AsyncMethodBuilderAttribute)))
            .Select(static method => $"{method.DeclaringType!.Name}.{method.Name}");
        Assert.Empty(unpooled);
    }

    private static bool IsOfMessages(MethodInfo method) => method.ReturnType == typeof(ValueTask<int>) || method.ReturnType == typeof(ValueTask<bool>);

    private static IEnumerable<Type> BasesOf(Type type)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            yield return parent;
        }
    }
}
