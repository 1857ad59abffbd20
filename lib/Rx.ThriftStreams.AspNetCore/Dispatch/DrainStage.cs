namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>How far a connection has come on its way to an orderly end.</summary>
internal enum DrainStage
{
    /// <summary>It is in use.</summary>
    None,

    /// <summary>Its peer is asked to use another one. What arrives is still served: it was sent before the peer knew.</summary>
    Asked,

    /// <summary>The time for what was under way is over: the connection ends as soon as it is idle.</summary>
    Ending,

    /// <summary>What runs is cancelled.</summary>
    CutOff,

    /// <summary>The connection is closed, whatever runs on it and whether or not its peer reads.</summary>
    Aborted,
}

/// <summary>A connection that ends in stages.</summary>
internal interface IDrainedConnection
{
    /// <summary>A stage begins. Called once a stage, in their order, on any thread; must neither block nor throw.</summary>
    void OnDrain(DrainStage stage);
}
