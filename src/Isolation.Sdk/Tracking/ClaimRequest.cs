namespace Isolation.Sdk.Tracking;

/// <summary>What a claimant wants, and the budgets it brings.</summary>
/// <param name="Owner">Who claims.</param>
/// <param name="Lease">How long the claim holds without renewal.</param>
public sealed record ClaimRequest(string Owner, TimeSpan Lease)
{
    /// <summary>After how many attempts a retry closes the item. <value>null: no limit.</value></summary>
    public int? MaxAttempts { get; init; }

    /// <summary>
    /// After how many attempts that were lost with their machine the item is closed. <value>null: no limit.</value>
    /// </summary>
    public int? MaxNodeLosses { get; init; }

    /// <summary>
    /// How many times an item whose declared paths overlap with one under way lets other ready items go first.
    /// <value>0: never.</value>
    /// </summary>
    public int MaxReorderings { get; init; }

    /// <summary>Whether to wait for items that may still be added. <value>true.</value></summary>
    public bool WaitForItems { get; init; } = true;
}
