namespace Isolation.Sdk.Merging.Gates;

/// <summary>How the runs of one gate in one environment ended, as far as its log goes back.</summary>
internal sealed record GateCounts
{
    public int Passes { get; init; }

    public int Failures { get; init; }

    public int Timeouts { get; init; }

    public int Infra { get; init; }

    public int Vacuous { get; init; }

    /// <summary>Passes of a tree that had been red.</summary>
    public int Flakes { get; init; }

    /// <summary>Passes that took the place of a run, since the queue was opened.</summary>
    public int Reused { get; init; }

    public int Runs => Passes + Failures + Timeouts + Infra + Vacuous;

    public GateCounts With(GateResult result)
    {
        GateCounts counts = result.Flaky ? this with { Flakes = Flakes + 1 } : this;
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
