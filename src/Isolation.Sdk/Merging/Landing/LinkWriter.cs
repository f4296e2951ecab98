using Isolation.Sdk.Git;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>Writes the commit of a link, on the disk when it returns.</summary>
internal sealed class LinkWriter(QueueContext context)
{
    public async Task<Link> WriteAsync(QueueItem item, string parent, string tree, bool claimsTested, CancellationToken cancellationToken)
    {
        string message = LandedMessage.Write(item, context.Policy.Options.MessageTemplate, claimsTested ? tree : null);
        string[] parents = context.Policy.Options.Mode == MergeMode.Squash ? [parent] : [parent, item.Head];
        string commit = await context.Repository.CommitTreeAsync(tree, parents, message, cancellationToken).ConfigureAwait(false);
        return new Link(item, parent, commit, tree) { ClaimsTested = claimsTested };
    }

    /// <summary>The same link with another parent or another claim: same tree.</summary>
    public async Task<Link> RewriteAsync(Link link, string parent, bool claimsTested, CancellationToken cancellationToken)
    {
        Link written = await WriteAsync(link.Item, parent, link.Tree, claimsTested, cancellationToken).ConfigureAwait(false);
        return link with { Parent = parent, Commit = written.Commit, Commits = written.Commits, ClaimsTested = claimsTested };
    }
}
