namespace Isolation.Sdk.Merging;

/// <summary>How the runs of one gate in one environment ended, as far as its log goes back.</summary>
public sealed record GateStatistics
{
    /// <summary>Runs that were green.</summary>
    public int Passes { get; init; }

    /// <summary>Runs that were red.</summary>
    public int Failures { get; init; }

    /// <summary>Runs that took too long.</summary>
    public int Timeouts { get; init; }

    /// <summary>Runs that the machine could not do.</summary>
    public int Infra { get; init; }

    /// <summary>Runs that tested nothing.</summary>
    public int Vacuous { get; init; }

    /// <summary>Passes of a tree that had been red: the gate says now this, now that.</summary>
    public int Flakes { get; init; }

    /// <summary>Passes that took the place of a run, since the queue was opened; 0 as the log tells it.</summary>
    public int Reused { get; init; }

    /// <summary>All runs.</summary>
    public int Runs => Passes + Failures + Timeouts + Infra + Vacuous;

    internal GateStatistics With(GateResult result)
    {
        GateStatistics counts = result.Flaky ? this with { Flakes = Flakes + 1 } : this;
        return result.Verdict switch
        {
            GateVerdict.Pass => counts with { Passes = Passes + 1 },
            GateVerdict.Fail => counts with { Failures = Failures + 1 },
            GateVerdict.Timeout => counts with { Timeouts = Timeouts + 1 },
            GateVerdict.Vacuous => counts with { Vacuous = Vacuous + 1 },
            _ => counts with { Infra = Infra + 1 },
        };
    }
}
