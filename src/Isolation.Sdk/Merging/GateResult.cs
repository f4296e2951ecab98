namespace Isolation.Sdk.Merging;

/// <summary>What the gate said of one merged tree.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Tree">The tree that was tested.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record GateResult(GateVerdict Verdict, string Tree, TimeSpan Elapsed)
{
    /// <summary>The part that decided, by its command line or its name: the first that was not green, or the last.</summary>
    public string? Command { get; init; }

    /// <summary>Why, when there is more to say than the exit code does.</summary>
    public string? Reason { get; init; }

    /// <summary>Its exit code.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The log with its output.</summary>
    public string? LogFile { get; init; }

    /// <summary>Tracked files that the gate changed while it tested them, at most 100. The verdict is of the tree as it was; each part of the gate, and the next candidate, starts from exactly its files again.</summary>
    public IReadOnlyList<string> ChangedFiles { get; init; } = [];

    /// <summary>Branches and tags that moved while the gate ran, though nobody has them checked out: look whether it was the gate. What lands does not depend on them.</summary>
    public IReadOnlyList<string> MovedRefs { get; init; } = [];

    /// <summary>Whether the same tree, gate and environment had been red before: the gate says now this, now that.</summary>
    public bool Flaky { get; init; }

    /// <summary>Whether this is an earlier pass of the same tree, gate and environment.</summary>
    public bool Cached { get; init; }
}

/// <summary>A gate's verdict. Only <see cref="Pass"/> lands; what is unknown is never green.</summary>
public enum GateVerdict
{
    /// <summary>The gate could not be run: no such command, no space. The first one, so that what was never set is never green.</summary>
    Infra,

    /// <summary>A command ended with something else than 0.</summary>
    Fail,

    /// <summary>A command took longer than allowed.</summary>
    Timeout,

    /// <summary>There was nothing to run, so nothing was tested.</summary>
    Vacuous,

    /// <summary>Every command ended with 0.</summary>
    Pass,
}
