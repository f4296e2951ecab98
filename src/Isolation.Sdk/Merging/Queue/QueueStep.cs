namespace Isolation.Sdk.Merging;

/// <summary>Where a queue can be killed: each step leaves the refs in a state that the next actor understands.</summary>
internal enum QueueStep
{
    /// <summary>The lock is held and what a killed actor left is about to be looked for.</summary>
    AfterTakeover,

    /// <summary>Some items of the chain are stacked, some are not.</summary>
    MidStack,

    /// <summary>A gate runs.</summary>
    MidGate,

    /// <summary>A red tree is about to be tested once more.</summary>
    MidConfirm,

    /// <summary>What will land is decided, and nobody was told.</summary>
    BeforeIntent,

    /// <summary>The journal says what is about to land.</summary>
    AfterIntent,

    /// <summary>The remote has what is about to land; the target here has not.</summary>
    AfterPush,

    /// <summary>The target has moved, and the items' refs have gone with it.</summary>
    AfterTransaction,

    /// <summary>Checkouts, history and watchers know of the landing.</summary>
    AfterBookkeeping,

    /// <summary>An item is about to be given back.</summary>
    BeforeEviction,

    /// <summary>An item was given back.</summary>
    AfterEviction,
}
