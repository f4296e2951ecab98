using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Scheduling;

internal static class TargetBranch
{
    // Makes the target, or brings it up to where it starts from if that is asked for.
    public static async Task EnsureAsync(
        GitRepository repository,
        PipelinePlan plan,
        CancellationToken cancellationToken
    )
    {
        if (plan.Settings.TargetFrom is not { } from)
        {
            return;
        }

        string? target = await repository
            .TryResolveCommitAsync(plan.TargetRef, cancellationToken)
            .ConfigureAwait(false);
        if (target is not null && !plan.Settings.FollowsBase)
        {
            return;
        }

        BaseResolver bases = new(repository, plan.Settings.FetchRemote, plan.Time);
        try
        {
            await bases.FetchAsync(from, cancellationToken).ConfigureAwait(false);
        }
        catch (IsolationException e) when (e.Code == GitCodes.FetchFailed)
        {
            // No attempt will start either, and each says so.
        }

        if (await bases.ResolveAsync(from, cancellationToken).ConfigureAwait(false) is not { Commit: var start })
        {
            return;
        }

        RefTransaction change = target is null
            ? new RefTransaction().Create(plan.TargetRef, start)
            : new RefTransaction().Update(
                plan.TargetRef,
                await BringUpAsync(repository, plan, target, start, cancellationToken).ConfigureAwait(false),
                target
            );

        // Lost the race: then somebody else made or moved it, which is as good.
        await repository.TryUpdateAsync(change, cancellationToken).ConfigureAwait(false);
    }

    // What an existing target lacks of where it was to start from, and what brings it up; null if nothing.
    public static async Task<string?> FindBehindAsync(
        GitRepository repository,
        PipelinePlan plan,
        CancellationToken cancellationToken
    )
    {
        if (
            plan.Settings is not { TargetFrom: { } from, Target: var target }
            || RefReader.Read(repository.CommonDirectory, plan.TargetRef) is not { } commit
            || await repository.TryResolveCommitAsync(from, cancellationToken).ConfigureAwait(false) is not { } start
        )
        {
            return null;
        }

        (int ahead, int behind) = await BaseResolver
            .CountAsync(repository, commit, start, cancellationToken)
            .ConfigureAwait(false);
        string name = IO.PlainText.SingleLine(from, 200);
        string remedy =
            plan.Settings.FollowsBase ? "It is brought up before the first worker starts."
            : ahead == 0
                ? $"Bring it up with 'git fetch . {name}:{target}', or before each run with .Target(…, follow: true)."
            : $"Bring it up with 'git switch {target} && git merge {name} && git switch -', or before each run with "
                + ".Target(…, follow: true).";
        return behind == 0
            ? null
            : $"The target '{target}' is {BaseResolver.Commits(behind)} behind '{name}', which it was to start from: "
                + $"workers start without them. {remedy}";
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

    private static async Task<string> BringUpAsync(
        GitRepository repository,
        PipelinePlan plan,
        string target,
        string start,
        CancellationToken cancellationToken
    )
    {
        if (await repository.IsAncestorAsync(start, target, cancellationToken).ConfigureAwait(false))
        {
            return target;
        }

        (string name, string from) = (plan.Settings.Target, plan.Settings.TargetFrom!);
        if (TargetCheckouts.Of(repository, plan.TargetRef) is [var checkout, ..])
        {
            throw Refused($"it is checked out in '{checkout}'", $"Merge '{from}' there, or check out another branch.");
        }

        if (await repository.IsAncestorAsync(target, start, cancellationToken).ConfigureAwait(false))
        {
            return start;
        }

        string folder = Path.Combine(repository.IsolationDirectory, "follow");
        string attributes = await new GitAttributes(repository, Path.Combine(folder, "attributes"))
            .WriteAsync(target, cancellationToken)
            .ConfigureAwait(false);
        MergeOutcome merged = await new GitMerge(repository, folder)
            .RunAsync((target, name), (start, "from"), attributes, cancellationToken)
            .ConfigureAwait(false);
        return merged switch
        {
            MergeOutcome.Clean clean => await repository
                .CommitTreeAsync(clean.Tree, [target, start], $"Merge {from} into {name}", cancellationToken)
                .ConfigureAwait(false),
            MergeOutcome.Conflict conflict => throw Refused(
                $"the two collide in {string.Join(", ", conflict.Output.Files.Select(f => f.Path))}",
                $"Merge them by hand: git switch {name} && git merge {from}"
            ),
            MergeOutcome.Broken broken => throw Refused(broken.Reason, "Merge them by hand."),
            _ => throw Refused("they have no commit in common", "Name another branch to start from."),
        };

        IsolationConfigurationException Refused(string why, string remedy) =>
            new([
                new IsolationFault(
                    SchedulingCodes.BadTarget,
                    $"The target '{name}' cannot be brought up to '{from}': {why}.",
                    remedy
                ),
            ]);
    }
}
