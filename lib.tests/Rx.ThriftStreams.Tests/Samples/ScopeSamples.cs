using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>Services of a handler and how long they live: the section of docs/hosting.md, compiled and run.</summary>
public sealed class ScopeSamples
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Handler_LongStream_HasOneScopeForItselfAndOneForEachMessage(string scheme)
    {
        var contexts = new Contexts();
        await using var app = await ThriftApplication.StartAsync(
            static listen => listen.UseThriftStreams(),
            static app => app.MapThriftService<ITestService, OrderService>(),
            services => services.AddSingleton(contexts).AddScoped<OrderContext>().AddScoped<CallAudit>());
        await using var channel = PatientChannel.ForAddress($"{scheme}://{app.Endpoint()}");

        await using (var call = await new TestServiceClient(channel).OpenEchoAsync(cancellationToken: Token))
        {
            await using var answers = call.GetAsyncEnumerator(Token);
            foreach (var number in new[] { "1", "2" })
            {
                await call.SendAsync(Ask(number), Token).Soon();
                Assert.True(await answers.MoveNextAsync().AsTask().Soon());
                Assert.Equal($"order {number}, read for echo.TestService/Echo", answers.Current.Message);
            }

            // That of the call, and one a message.
            Assert.Equal(3, contexts.Created);
            Assert.Equal(2, contexts.Disposed);
            await call.CompleteAsync(Token);
            Assert.False(await answers.MoveNextAsync().AsTask().Soon());
        }

        await app.StopAsync(Token);
        Assert.Equal(3, contexts.Disposed);
    }

    internal sealed class Contexts
    {
        private int _created;
        private int _disposed;

        public int Created => Volatile.Read(ref _created);

        public int Disposed => Volatile.Read(ref _disposed);

        public void Create() => Interlocked.Increment(ref _created);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    /// <summary>Stands for a DbContext.</summary>
    internal sealed class OrderContext : IDisposable
    {
        private readonly Contexts _contexts;

        public OrderContext(Contexts contexts)
        {
            _contexts = contexts;
            contexts.Create();
        }

        public ValueTask<string> FindAsync(string? number, CancellationToken cancellationToken)
            => cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<string>(cancellationToken) : new($"order {number}");

        public void Dispose() => _contexts.Dispose();
    }

    // <sample scope-accessor>
    internal sealed class CallAudit(IThriftServerContextAccessor accessor)
    {
        public string Describe(string what) => $"{what}, read for {accessor.Context?.Method.FullName ?? "nobody"}";
    }

    // </sample scope-accessor>
    // <sample scope-per-message>
    internal sealed class OrderService(OrderContext ofTheCall, CallAudit audit, IServiceScopeFactory scopes) : EchoBase
    {
        // A short call: the context of the call is the right one.
        public override async Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
            => new() { Message = await ofTheCall.FindAsync(req.Message, cancellationToken) };

        // A stream that may last for hours: a context for each message.
        public override async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (Request request in requests.WithCancellation(cancellationToken))
            {
                string order;
                await using (AsyncServiceScope scope = scopes.CreateAsyncScope())
                {
                    order = await scope.ServiceProvider.GetRequiredService<OrderContext>().FindAsync(request.Message, cancellationToken);
                }

                yield return new Response { Message = audit.Describe(order) };
            }
        }
    }

    // </sample scope-per-message>
}
