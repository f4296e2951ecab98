namespace Isolation.Sdk.Monitoring;

/// <summary>Whether a worker lives, as honestly as it can be said.</summary>
public enum WorkerLiveness
{
    /// <summary>It showed a sign of life not long ago.</summary>
    Running,

    /// <summary>It lives, and has said nothing for longer than the threshold.</summary>
    Quiet,

    /// <summary>It lives and waits: for a slot, for what blocks it, or for the merge queue.</summary>
    Waiting,

    /// <summary>It waits outside a slot, and nothing of it runs.</summary>
    Suspended,

    /// <summary>Nobody holds its lease, and it never said that it ended.</summary>
    Dead,

    /// <summary>It ended and said so.</summary>
    Ended,
}
