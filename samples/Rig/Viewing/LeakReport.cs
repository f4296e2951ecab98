using Isolation.Sdk;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Testing;
using Rig.Terminal;

namespace Rig.Viewing;

/// <summary>What was seen of the channels between two workers, as <c>--json</c> writes it:
/// <c>rig.leaks/1</c>.</summary>
internal sealed record LeakReport(IReadOnlyList<LeakReport.Line> Rows, IReadOnlyList<LeakReport.Total> Totals)
{
    /// <summary>What plain processes in plain worktrees are called beside the levels.</summary>
    public const string Baseline = "baseline";

    public string Schema => "rig.leaks/1";

    public static string Name(SandboxLevel? level) => level is { } given ? Plain.Word(given) : Baseline;

    /// <summary>Whether it got further than it should have.</summary>
    public static bool IsBreach(LeakObservation seen) =>
        seen
            is { IsAsExpected: false, Observed: LeakOutcome.Leak }
                or { Observed: LeakOutcome.Detected, Expected.Outcome: LeakOutcome.Sealed or LeakOutcome.Refused };

    public static LeakReport Of(IReadOnlyList<SandboxLevel?> levels, IReadOnlyList<LeakObservation> seen) =>
        new(
            [.. seen.Select(Line.Of)],
            [.. levels.Select(level => Total.Of(level, [.. seen.Where(s => s.Level == level)]))]
        );

    /// <summary>One channel at one level.</summary>
    internal sealed record Line(
        string Id,
        string Channel,
        string Level,
        LeakOutcome Expected,
        LeakOutcome Observed,
        string Mechanism,
        string Evidence
    )
    {
        public static Line Of(LeakObservation seen) =>
            new(
                seen.Row.Id,
                seen.Row.Channel,
                Name(seen.Level),
                seen.Expected.Outcome,
                seen.Observed,
                seen.Expected.Mechanism,
                Plain.Line(seen.Evidence)
            );
    }

    /// <summary>How often what was seen.</summary>
    internal sealed record Total(
        string Level,
        int Sealed,
        int Detected,
        int Refused,
        int Leak,
        int NotTried,
        int NotAsExpected
    )
    {
        public static Total Of(SandboxLevel? level, IReadOnlyList<LeakObservation> seen)
        {
            int Count(LeakOutcome sight) => seen.Count(s => s.Observed == sight);
            return new(
                Name(level),
                Count(LeakOutcome.Sealed),
                Count(LeakOutcome.Detected),
                Count(LeakOutcome.Refused),
                Count(LeakOutcome.Leak),
                Count(LeakOutcome.NotTried),
                seen.Count(s => !s.IsAsExpected)
            );
        }
    }
}
