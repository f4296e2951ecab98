using Isolation.Sdk.Git;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>Makes the commit that lands, and moves the target to it by compare-and-swap, together with everything that must be true at the same time.</summary>
internal sealed class Lander(QueueContext context)
{
    private const string Heads = "refs/heads/";

    public Task<string> CommitAsync(QueueItem item, Candidate candidate, string? testedTree, CancellationToken cancellationToken)
    {
        string message = LandedMessage.Write(item, context.Policy.Options.MessageTemplate, testedTree);
        string[] parents = context.Policy.Options.Mode == MergeMode.Squash ? [candidate.Target] : [candidate.Target, item.Head];
        return context.Repository.CommitTreeAsync(candidate.Tree, parents, message, cancellationToken);
    }

    /// <returns>false: the target or the item is not what it was.</returns>
    public async Task<bool> LandAsync(QueueItem item, Candidate candidate, string commit, CancellationToken cancellationToken)
    {
        string? branch = item.Branch is null ? null : Heads + item.Branch;
        string? refused = await TryAsync(item, candidate, commit, branch, item.Head, cancellationToken).ConfigureAwait(false);
        if (refused is not null && refused == branch)
        {
            // The branch lacks the captured leftovers, or someone went on with it: it goes only if nothing is lost with it.
            string? tip = await DisposableTipAsync(item, branch, cancellationToken).ConfigureAwait(false);
            refused = await TryAsync(item, candidate, commit, tip is null ? null : branch, tip ?? item.Head, cancellationToken).ConfigureAwait(false);
        }

        return refused is null;
    }

    private Task<string?> TryAsync(QueueItem item, Candidate candidate, string commit, string? branch, string tip, CancellationToken cancellationToken)
    {
        RefTransaction transaction = new RefTransaction().Update(context.Names.Target, commit, candidate.Target).Delete(context.Names.Item(item.Attempt), item.Commit);
        return context.Repository.UpdateDurablyAsync(branch is null || branch == context.Names.Target ? transaction : transaction.Delete(branch, tip), cancellationToken);
    }

    private async Task<string?> DisposableTipAsync(QueueItem item, string branch, CancellationToken cancellationToken)
    {
        string? tip = await context.Repository.TryResolveCommitAsync(branch, cancellationToken).ConfigureAwait(false);
        return tip is not null && (await context.Repository.TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", tip, item.Head).ConfigureAwait(false)).Ok ? tip : null;
    }
}
