namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>What has to go on working after a change. Each level includes those before it.</summary>
internal enum CompatibilityLevel
{
    /// <summary>Peers that were built from the old IDL understand those that are built from the new one, and the other way round.</summary>
    Wire,

    /// <summary>C# that was written against the code generated from the old IDL compiles against that of the new one.</summary>
    Source,

    /// <summary>IDL files that include the old ones can include the new ones.</summary>
    File,
}
