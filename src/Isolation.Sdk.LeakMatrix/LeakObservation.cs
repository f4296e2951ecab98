namespace Isolation.Sdk.Leaks;

/// <summary>What was seen of a channel on this machine.</summary>
/// <param name="Row">The channel.</param>
/// <param name="Level">The level; <see langword="null"/> for plain processes in plain worktrees.</param>
/// <param name="Observed">What was seen.</param>
/// <param name="Evidence">What the attempt said, or why there was none; one line.</param>
public sealed record LeakObservation(LeakRow Row, SandboxLevel? Level, LeakOutcome Observed, string Evidence)
{
    /// <summary>What should have been seen.</summary>
    public LeakExpectation Expected => Row.ExpectedAt(Level);

    /// <summary>Whether it was.</summary>
    public bool IsAsExpected => Observed == Expected.Outcome;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Row.Id} {Row.Channel}: {Observed}, expected {Expected.Outcome} ({Expected.Mechanism}); {Evidence}";
}
