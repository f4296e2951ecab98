namespace Isolation.Sdk.Merging;

/// <summary>What every merge policy can be told.</summary>
public abstract class MergeOptions
{
    private protected MergeOptions() { }

    /// <summary>What a landing adds to the target. <value><see cref="MergeMode.Merge"/>.</value></summary>
    public MergeMode Mode { get; set; } = MergeMode.Merge;

    /// <summary>The first line of a landed commit; <c>{attempt}</c>, <c>{item}</c> and <c>{title}</c> are filled in. <value>null: <c>{title}</c>.</value></summary>
    public string? MessageTemplate { get; set; }

    /// <summary>Where each attempt's branch is pushed once it is submitted. <value>null: nowhere.</value></summary>
    public string? Remote { get; private set; }

    /// <summary>Where the target is pushed to as part of each landing. <value>null: nowhere.</value></summary>
    public string? TargetRemote { get; private set; }

    /// <summary>Whether a clean checkout of the target is moved along. <value>false: a target that is checked out is refused.</value></summary>
    public bool MovesCheckout { get; private set; }

    /// <summary>Pushes each attempt's captured commit to its branch on a remote, never forced, so that it can become a pull request. Credentials stay with the host.</summary>
    /// <param name="remote">The remote's name, for example <c>origin</c>.</param>
    public void PushBranch(string remote)
    {
        Remote = Checked(remote);
    }

    /// <summary>Makes the push of the target part of each landing: what lands here is on the remote, or nothing lands. Never forced; what others pushed there is taken over first. Credentials stay with the host.</summary>
    /// <param name="remote">The remote's name, for example <c>origin</c>.</param>
    public void PushTarget(string remote) => TargetRemote = Checked(remote);

    /// <summary>Lets the target be checked out somewhere: after a landing git moves that checkout's files along, only while it is clean.</summary>
    public void FastForwardCheckout() => MovesCheckout = true;

    private static string Checked(string remote)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(remote);
        return remote.StartsWith('-')
            ? throw new IsolationException(
                MergingCodes.BadOptions,
                $"'{remote}' is not the name of a remote.",
                "Give a name that 'git remote' lists."
            )
            : remote;
    }
}
