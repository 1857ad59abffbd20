using System.Collections;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Rx.ThriftStreams.Compiler.Emit;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Generated code, compiled in memory the way a strict user would: nullable, documentation, every warning an error.</summary>
internal sealed class GeneratedAssembly
{
    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(static () =>
    {
        var paths = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return [.. paths.Where(static p => p.Length > 0).Select(static p => MetadataReference.CreateFromFile(p))];
    });

    private readonly Assembly _assembly;

    private GeneratedAssembly(Assembly assembly)
    {
        _assembly = assembly;
    }

    public static CSharpCompilation Compilation(IEnumerable<string> sources) => CSharpCompilation.Create(
        "Generated" + Guid.NewGuid().ToString("N"),
        sources.Select(static (text, i) => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.CSharp14, DocumentationMode.Diagnose), "file" + i + ".g.cs")),
        References.Value,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999));

    public static GeneratedAssembly Compile(IEnumerable<GeneratedFile> files, params string[] more)
    {
        var compilation = Compilation(files.Select(static f => f.Text).Concat(more));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.Empty(result.Diagnostics.Where(static d => d.Severity >= DiagnosticSeverity.Warning).Select(static d => d.ToString() + " " + d.Location.SourceTree?.GetText().Lines[d.Location.GetLineSpan().StartLinePosition.Line]));
        image.Position = 0;
        return new GeneratedAssembly(new AssemblyLoadContext(null, isCollectible: true).LoadFromStream(image));
    }

    public static GeneratedAssembly Compile(string idl, CompilerOptions? options = null) => Compile(Idl.Emit(idl, options));

    public Type Type(string name) => _assembly.GetType(name, throwOnError: true)!;

    public dynamic New(string name) => Activator.CreateInstance(Type(name))!;

    public static byte[] Write(object value, ThriftProtocol protocol = ThriftProtocol.Binary)
        => (byte[])Generic(nameof(WriteAs), value is IEnumerable ? value.GetType() : MessageType(value.GetType()), value, protocol);

    public object Read(string typeName, byte[] bytes, ThriftProtocol protocol = ThriftProtocol.Binary) => Generic(nameof(ReadAs), Type(typeName), bytes, protocol);

    // A case of a union travels as the union.
    private static Type MessageType(Type type) => type.BaseType is { IsAbstract: true } parent && parent != typeof(ThriftDeclaredException) ? parent : type;

    private static object Generic(string method, Type type, params object[] arguments)
        => typeof(GeneratedAssembly).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private static byte[] WriteAs<T>(object value, ThriftProtocol protocol)
        where T : IThriftStruct<T>
        => ThriftSerializer.SerializeToArray((T)value, protocol);

    private static object ReadAs<T>(byte[] bytes, ThriftProtocol protocol)
        where T : IThriftStruct<T>
        => ThriftSerializer.Deserialize<T>(bytes, protocol);
}
