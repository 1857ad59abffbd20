// The C# compiler looks for this type, which netstandard2.0 lacks, to emit records and init accessors.
namespace System.Runtime.CompilerServices;

internal static class IsExternalInit
{
}
