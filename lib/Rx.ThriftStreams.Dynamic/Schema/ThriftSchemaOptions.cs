using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>How IDL is read at run time. Read when the schema is loaded.</summary>
public sealed class ThriftSchemaOptions
{
    /// <summary>Directories to search for includes, after the current directory and that of the including file. Default: none.</summary>
    public IReadOnlyList<string> IncludeDirectories { get; set; } = [];

    /// <summary>
    /// Returns the text of an included file, or <see langword="null"/> if there is none at that path. Called with each path at which an include may be, in
    /// order. Default <see langword="null"/>: files are read from disk for a schema from a file, and there are no includes for one from text.
    /// </summary>
    public Func<string, string?>? ResolveInclude { get; set; }

    /// <summary>Overrides the package of the gRPC path; empty for none. Default <see langword="null"/>: the last part of <c>namespace go</c>, as in Kitex.</summary>
    public string? Package { get; set; }

    /// <summary>Whether the annotation <c>go.tag = 'json:"name"'</c> renames a field in JSON, as it does in Kitex. Default <see langword="true"/>.</summary>
    public bool UseGoTags { get; set; } = true;

    /// <summary>Whether the IDL is read as Apache Thrift reads it where it differs from Kitex. Default <see langword="false"/>.</summary>
    public bool Apache { get; set; }
}
