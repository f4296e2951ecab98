using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Git itself writes the files, under its own lock; where it is not clean, nothing lands.</summary>
internal sealed class CheckoutUpdater(QueueContext context)
{
    private GitRepository Repository => context.Repository;

    public static async Task<IsolationFault?> FindObstacleAsync(
        QueueLayout names,
        MergePolicy policy,
        CancellationToken cancellationToken
    )
    {
        const string Remedy = "merge into a branch of its own: .Target(\"isolation/main\", from: \"main\")";
        foreach (string tree in TargetCheckouts.Of(names.Repository, names.Target))
        {
            string found = $"{names.Target} is checked out in '{tree}', ";
            if (!policy.Options.FastForwardCheckout)
            {
                return new IsolationFault(
                    MergingCodes.TargetCheckedOut,
                    found + "whose files would fall behind.",
                    $"Let it be moved along while it is clean: o.FastForwardCheckout = true, or {Remedy}."
                );
            }

            if (
                !File.Exists(names.Checkout)
                && (
                    await InAsync(names.Repository, tree, cancellationToken, "status", "--porcelain")
                        .ConfigureAwait(false)
                )
                    .Output
                    .Length > 0
            )
            {
                return new IsolationFault(
                    MergingCodes.TargetCheckoutDirty,
                    found + "which has uncommitted changes.",
                    $"Commit or stash them there, or {Remedy}."
                );
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
                await InAsync(Repository, tree, cancellationToken, "diff-index", "--cached", "--quiet", noted[0], "--")
                    .ConfigureAwait(false)
            ).Ok;
            GitResult? moved = untouched
                ? await InAsync(Repository, tree, cancellationToken, "read-tree", "-m", "-u", noted[0], target)
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

    private static Task<GitResult> InAsync(
        GitRepository repository,
        string tree,
        CancellationToken cancellationToken,
        params string[] arguments
    ) =>
        repository.Client.TryRunAsync(
            new GitCommand(tree, arguments) { Environment = GitLfs.Environment(repository) },
            cancellationToken
        );
}
