namespace Isolation.Sdk.Merging;

/// <summary>What the gate said of one merged tree.</summary>
/// <param name="Verdict">The verdict; only <see cref="GateVerdict.Pass"/> is green.</param>
/// <param name="Tree">The tree that was tested. The queue sets it.</param>
/// <param name="Elapsed">How long it took. The queue sets it.</param>
public sealed record GateResult(GateVerdict Verdict, string Tree = "", TimeSpan Elapsed = default)
{
    /// <summary>Green.</summary>
    public static GateResult Pass { get; } = new(GateVerdict.Pass);

    /// <summary>The name of the part that decided: the first that was not green, or the last.</summary>
    public string? Command { get; init; }

    /// <summary>Why, where the exit code does not say it all.</summary>
    public string? Reason { get; init; }

    /// <summary>The exit code of the command.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The log with its output.</summary>
    public string? LogFile { get; init; }

    /// <summary>Tracked files that the gate changed, at most 100. They were put back before its next part.</summary>
    public IReadOnlyList<string> ChangedFiles { get; init; } = [];

    /// <summary>Branches and tags that moved while the gate ran although nobody has them checked out.</summary>
    public IReadOnlyList<string> MovedRefs { get; init; } = [];

    /// <summary>Whether the same tree, gate and environment had been red before.</summary>
    public bool Flaky { get; init; }

    /// <summary>Whether this is an earlier pass of the same tree, gate and environment.</summary>
    public bool Cached { get; init; }

    /// <summary>Red, through a fault of the candidate.</summary>
    /// <param name="reason">Why.</param>
    public static GateResult Fail(string reason) => new(GateVerdict.Fail) { Reason = reason };
}

/// <summary>A gate's verdict. Only <see cref="Pass"/> lands; the unknown is never green.</summary>
public enum GateVerdict
{
    /// <summary>The gate could not be run: no such command, no space.</summary>
    Infra,

    /// <summary>A part was red.</summary>
    Fail,

    /// <summary>The gate took longer than allowed.</summary>
    Timeout,

    /// <summary>Nothing was tested.</summary>
    Vacuous,

    /// <summary>Every part was green.</summary>
    Pass,
}
