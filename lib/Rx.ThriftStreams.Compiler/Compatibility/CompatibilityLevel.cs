namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>What has to keep working after a change. Each level includes those before it.</summary>
internal enum CompatibilityLevel
{
    /// <summary>Peers built from the old IDL and peers built from the new one understand each other.</summary>
    Wire,

    /// <summary>C# that was written against the code generated from the old IDL compiles against that of the new one.</summary>
    Source,

    /// <summary>IDL files that include the old ones can include the new ones.</summary>
    File,
}
