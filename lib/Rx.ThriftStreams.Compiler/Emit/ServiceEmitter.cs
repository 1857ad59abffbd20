using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

internal static class ServiceEmitter
{
    public static void Emit(Output output, ServiceSymbol service, Binder binder)
    {
        binder.AllFunctionsOf(service);
    }
}
