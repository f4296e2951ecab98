namespace Isolation.Sdk.Tracking;

/// <summary>What became of a claim.</summary>
public abstract record Settlement
{
    private Settlement() { }

    /// <summary>It waits for something outside.</summary>
    /// <param name="ResumeToken">Handed to the run that goes on.</param>
    /// <param name="Reason">What it waits for.</param>
    /// <param name="Attempt">The attempt that waits; the next claim names it as the one before.</param>
    public sealed record Suspend(string ResumeToken, string Reason, AttemptId? Attempt = null) : Settlement;

    /// <summary>It waits for other items.</summary>
    /// <param name="Items">Their ids.</param>
    public sealed record Block(IReadOnlyList<string> Items) : Settlement;

    /// <summary>Its work is in the merge queue.</summary>
    /// <param name="Attempt">The attempt that is waiting there.</param>
    public sealed record AwaitMerge(AttemptId Attempt) : Settlement;

    /// <summary>It is ready again, for a new attempt in a new workspace.</summary>
    /// <param name="Delay">Not before this long from now.</param>
    /// <param name="Reason">Why; the next briefing tells it.</param>
    /// <param name="Attempt">The attempt that did not make it; the next claim names it as the one before.</param>
    public sealed record Retry(TimeSpan Delay, string Reason, AttemptId? Attempt = null) : Settlement;

    /// <summary>It is over.</summary>
    /// <param name="Outcome">How; not <see cref="ItemOutcome.AwaitingMerge"/> or <see cref="ItemOutcome.Suspended"/>, which have settlements of their own.</param>
    /// <param name="Reason">Why, when it did not land.</param>
    public sealed record Close(ItemOutcome Outcome, string? Reason = null) : Settlement;
}
