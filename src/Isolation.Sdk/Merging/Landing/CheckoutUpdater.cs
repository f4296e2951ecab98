using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Git itself writes the files, under its own lock; where it is not clean, nothing lands.</summary>
internal sealed class CheckoutUpdater(QueueContext context)
{
    private GitRepository Repository => context.Repository;

    public async Task<string?> FindObstacleAsync(CancellationToken cancellationToken)
    {
        foreach (string tree in TargetCheckouts.Of(Repository, context.Names.Target))
        {
            if (!context.Policy.Options.FastForwardCheckout)
            {
                return $"Policy: {context.Names.ShortTarget} is checked out in '{tree}', whose files would fall "
                    + $"behind.";
            }

            if (
                (await InAsync(tree, cancellationToken, "status", "--porcelain").ConfigureAwait(false)).Output.Length
                > 0
            )
            {
                return $"Policy: {context.Names.ShortTarget} is checked out in '{tree}', which has uncommitted "
                    + $"changes.";
            }
        }

        return null;
    }

    public void Begin(string from)
    {
        string[] trees = context.Policy.Options.FastForwardCheckout
            ? [.. TargetCheckouts.Of(Repository, context.Names.Target)]
            : [];
        if (trees.Length > 0)
        {
            AtomicFile.Write(
                context.Names.Checkout,
                System.Text.Encoding.UTF8.GetBytes(string.Join('\n', [from, .. trees]))
            );
        }
    }

    // After a crash, too. What cannot be moved along is left as it is, and holds the next landing.
    public async Task FinishAsync(string target, CancellationToken cancellationToken)
    {
        if (!File.Exists(context.Names.Checkout))
        {
            return;
        }

        string[] noted = await File.ReadAllLinesAsync(context.Names.Checkout, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> now = TargetCheckouts.Of(Repository, context.Names.Target);
        foreach (string tree in noted.Skip(1).Where(t => now.Contains(t) && noted[0] != target))
        {
            // Only an index that is still the old commit's is moved: who did something there meanwhile keeps it.
            bool untouched = (
                await InAsync(tree, cancellationToken, "diff-index", "--cached", "--quiet", noted[0], "--")
                    .ConfigureAwait(false)
            ).Ok;
            GitResult? moved = untouched
                ? await InAsync(tree, cancellationToken, "read-tree", "-m", "-u", noted[0], target)
                    .ConfigureAwait(false)
                : null;
            if (moved is not { ExitCode: 0 })
            {
                MergeLog.CheckoutLeft(
                    context.Logger,
                    tree,
                    context.Names.Target,
                    moved?.Error.Trim() ?? "its index was changed meanwhile."
                );
            }
        }

        File.Delete(context.Names.Checkout);
    }

    private Task<GitResult> InAsync(string tree, CancellationToken cancellationToken, params string[] arguments) =>
        Repository.Client.TryRunAsync(
            GitCommand.In(tree, arguments) with
            {
                Environment = GitLfs.Environment(Repository),
            },
            cancellationToken
        );
}
