namespace Isolation.Sdk.Merging.Gates;

/// <summary>One line of a queue's gate log: which tree was tested, as which commit, and what came of it. Anyone can check it against the target's history.</summary>
internal sealed record GateLogLine(DateTimeOffset At, string Attempt, string Tree, string Commit, GateVerdict Verdict, double Milliseconds)
{
    public string? Command { get; init; }

    public int? ExitCode { get; init; }

    public string? Log { get; init; }
}
