namespace Isolation.Sdk.Merging;

/// <summary>What the gate said of one merged tree.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Tree">The tree that was tested.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record GateResult(GateVerdict Verdict, string Tree, TimeSpan Elapsed)
{
    /// <summary>The command that decided: the first that was not green, or the last.</summary>
    public string? Command { get; init; }

    /// <summary>Its exit code.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The log with its output.</summary>
    public string? LogFile { get; init; }
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
