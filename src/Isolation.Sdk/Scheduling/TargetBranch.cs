using Isolation.Sdk.Git;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Scheduling;

internal static class TargetBranch
{
    public static async Task EnsureAsync(
        GitRepository repository,
        PipelinePlan plan,
        CancellationToken cancellationToken
    )
    {
        if (
            plan.Settings.TargetFrom is { } from
            && await repository.TryResolveCommitAsync(plan.TargetRef, cancellationToken).ConfigureAwait(false) is null
            && await repository.TryResolveCommitAsync(from, cancellationToken).ConfigureAwait(false) is { } start
        )
        {
            // Lost the race: then somebody else made it, which is as good.
            await repository
                .TryUpdateAsync(new RefTransaction().Create(plan.TargetRef, start), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    public static async Task<string?> FindConflictAsync(
        GitRepository repository,
        string target,
        CancellationToken cancellationToken
    ) =>
        BranchName.FindCaseTwin(repository, target)
        ?? (await repository.ListRefsAsync(cancellationToken, $"{RefNames.Heads}{target}/").ConfigureAwait(false))
            .Keys.Select(r => BranchName.Conflict(target, r[RefNames.Heads.Length..]))
            .FirstOrDefault();
}
