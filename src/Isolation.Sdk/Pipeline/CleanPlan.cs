namespace Isolation.Sdk;

/// <summary>What a clean-up would do, or did.</summary>
/// <param name="Items">One for each thing left behind.</param>
public sealed record CleanPlan(IReadOnlyList<CleanItem> Items);

/// <summary>One thing that a dead host left behind.</summary>
/// <param name="Attempt">The attempt it belongs to.</param>
/// <param name="What">What it is, with its path.</param>
/// <param name="Action">What becomes of it.</param>
/// <param name="Why">Why.</param>
public sealed record CleanItem(AttemptId Attempt, string What, CleanAction Action, string Why);

/// <summary>What becomes of something left behind.</summary>
public enum CleanAction
{
    /// <summary>It is removed.</summary>
    Remove,

    /// <summary>It holds work that is pinned nowhere else, or evidence: it is kept and reported.</summary>
    Keep,
}
