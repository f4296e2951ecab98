namespace Isolation.Sdk.Merging;

/// <summary>What someone may tell a merge queue about one attempt.</summary>
public abstract record MergeCommand
{
    private MergeCommand() { }

    /// <summary>Approves one exact commit: another commit of the same attempt is not covered.</summary>
    /// <param name="Commit">The full id of the captured commit that was looked at.</param>
    /// <param name="By">Who approves.</param>
    public sealed record Approve(string Commit, string By) : MergeCommand;

    /// <summary>Rejects the work.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Reject(string Reason) : MergeCommand;

    /// <summary>Takes it out of the queue.</summary>
    public sealed record Cancel : MergeCommand;

    /// <summary>Keeps it from landing until it is approved again.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Hold(string Reason) : MergeCommand;
}
