using Isolation.Sdk.Git;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>Moves the target to the tip of a chain by compare-and-swap, together with everything that must be true at the same time.</summary>
internal sealed class Lander(QueueContext context)
{
    private const string Heads = "refs/heads/";
    private readonly LinkWriter _writer = new(context);

    /// <summary>Lands a chain as a whole, or nothing of it.</summary>
    /// <param name="target">The target's commit that the first link is stacked on.</param>
    /// <param name="links">The links, first to last.</param>
    /// <param name="passed">Whether a tree has a pass of the gate.</param>
    /// <param name="cancellationToken">Ends it, as long as nothing has moved.</param>
    public async Task<LandOutcome> LandAsync(string target, IReadOnlyList<Link> links, Func<string, bool> passed, CancellationToken cancellationToken)
    {
        context.Reached(QueueStep.BeforeIntent);
        if (links.Any(l => l.Item.NeedsGate || context.Policy.NeedsGate) && !passed(links[^1].Tree))
        {
            return new LandOutcome.Refused($"The tree {links[^1].Tree} has not passed the gate.");
        }

        links = await ClaimAsync(links, passed, cancellationToken).ConfigureAwait(false);
        Dictionary<string, string?> branches = links.Where(l => l.Item.Branch is not null && Heads + l.Item.Branch != context.Names.Target).ToDictionary(l => Heads + l.Item.Branch, l => (string?)l.Item.Head, StringComparer.Ordinal);
        string? refused = await SwapAsync(target, links, branches, cancellationToken).ConfigureAwait(false);
        for (int left = branches.Count; left > 0 && refused is not null && branches.ContainsKey(refused); left--)
        {
            // The branch lacks the captured leftovers, or someone went on with it: it goes only if nothing is lost with it.
            branches[refused] = await DisposableTipAsync(links.First(l => Heads + l.Item.Branch == refused).Item, refused, cancellationToken).ConfigureAwait(false);
            refused = await SwapAsync(target, links, branches, cancellationToken).ConfigureAwait(false);
        }

        if (refused is not null)
        {
            return links.FirstOrDefault(l => context.Names.Item(l.Item.Attempt) == refused) is { } changed ? new LandOutcome.Changed(changed.Item.Attempt) : new LandOutcome.Moved();
        }

        context.Reached(QueueStep.AfterSwap);
        return new LandOutcome.Landed(links);
    }

    /// <summary>Finishes or forgets what a killed actor was about to land.</summary>
    /// <returns>Whether refs have changed.</returns>
    public Task<bool> RecoverAsync(QueueSnapshot snapshot, CancellationToken cancellationToken) => Task.FromResult(context.Names.Target.Length == 0);

    /// <summary>From the first link on whose claim is not the truth, the messages are written anew.</summary>
    private async Task<IReadOnlyList<Link>> ClaimAsync(IReadOnlyList<Link> links, Func<string, bool> passed, CancellationToken cancellationToken)
    {
        List<Link> claimed = [];
        foreach (Link link in links)
        {
            bool claims = passed(link.Tree);
            string parent = claimed.Count == 0 ? link.Parent : claimed[^1].Commit;
            claimed.Add(link.Parent == parent && link.ClaimsTested == claims ? link : await _writer.RewriteAsync(link, parent, claims, cancellationToken).ConfigureAwait(false));
        }

        return claimed;
    }

    private Task<string?> SwapAsync(string target, IReadOnlyList<Link> links, Dictionary<string, string?> branches, CancellationToken cancellationToken)
    {
        RefTransaction transaction = new RefTransaction().Update(context.Names.Target, links[^1].Commit, target);
        foreach (Link link in links)
        {
            transaction.Delete(context.Names.Item(link.Item.Attempt), link.Item.Commit);
        }

        foreach ((string branch, string? tip) in branches.Where(b => b.Value is not null))
        {
            transaction.Delete(branch, tip);
        }

        return context.Repository.UpdateDurablyAsync(transaction, cancellationToken);
    }

    private async Task<string?> DisposableTipAsync(QueueItem item, string branch, CancellationToken cancellationToken)
    {
        string? tip = await context.Repository.TryResolveCommitAsync(branch, cancellationToken).ConfigureAwait(false);
        return tip is not null && (await context.Repository.TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", tip, item.Head).ConfigureAwait(false)).Ok ? tip : null;
    }
}
