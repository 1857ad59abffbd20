namespace Rx.ThriftStreams.Comparison;

/// <summary>What is changed in Kestrel under this library's servers.</summary>
internal enum KestrelSetting
{
    /// <summary>Nothing.</summary>
    Default,

    /// <summary><c>MaxLargeBlockMemory = 0</c>: Kestrel's own blocks.</summary>
    SmallBlocks,

    /// <summary><c>WaitForDataBeforeAllocatingBuffer = false</c>.</summary>
    NoWaiting,

    /// <summary><c>UnsafePreferInlineScheduling = true</c>.</summary>
    Inline,

    /// <summary><c>IOQueueCount = 1</c>.</summary>
    OneQueue,
}
