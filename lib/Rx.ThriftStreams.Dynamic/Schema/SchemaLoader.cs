using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Parses and binds IDL with the parts of the compiler, and turns the result into schemas.</summary>
internal static class SchemaLoader
{
    /// <exception cref="ThriftSchemaException">The IDL has errors.</exception>
    internal static ThriftSchema Load(IdlText main, ThriftSchemaOptions options, Func<string, IdlText?> read)
    {
        var included = new CompilerOptions { Apache = options.Apache };
        var files = SourceReader.Read([main], options.IncludeDirectories, included with { Package = options.Package }, included, read);
        var sources = new SourceSet(files, "", options.IncludeDirectories)
        {
            MissingIncludeHint = static (_, _) => "Name its directory in IncludeDirectories, or return its text from ResolveInclude.",
        };

        var binder = new Binder(sources);
        var bound = files.ConvertAll(binder.Bind);
        var errors = bound.SelectMany(static file => file.Diagnostics).Where(static diagnostic => diagnostic.IsError).Select(static diagnostic => diagnostic.ToString()).ToList();
        if (errors.Count > 0)
        {
            throw new ThriftSchemaException(
                errors.Count == 1 ? $"The IDL has an error: {errors[0]}" : $"The IDL has {errors.Count} errors; the first: {errors[0]}",
                errors);
        }

        var file = bound[0].File;
        var builder = new SchemaBuilder(binder, options.UseGoTags);
        var services = file.Services.Select(builder.Service).ToList();
        var structs = new Dictionary<string, ThriftStructSchema>(StringComparer.Ordinal);
        foreach (var symbol in file.Structs)
        {
            structs.Add(symbol.Name, builder.Struct(symbol));
        }

        builder.Complete();
        return new ThriftSchema(services, structs);
    }
}
