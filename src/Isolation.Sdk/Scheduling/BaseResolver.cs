using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Scheduling;

/// <summary>What a base means, how old it is, and what it lacks of what the remote has.</summary>
internal sealed class BaseResolver(GitRepository repository, string? remote, TimeProvider time)
{
    private RemoteBranches? _branches;

    // Also what the clone does not bring by itself, if the base names it.
    public async Task FetchAsync(string? name, CancellationToken cancellationToken)
    {
        if (remote is null)
        {
            return;
        }

        _branches ??= await RemoteBranches.ReadAsync(repository, remote, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> what = _branches is { } known
            ? known.With(name is null ? null : known.BranchOf(name))
            : [];
        if (_branches is { IsTracking: true } tracking && what.Count == tracking.All.Count)
        {
            what = []; // The remote's own settings say it.
        }

        await GitFetch.RunAsync(repository, remote, time, cancellationToken, what).ConfigureAwait(false);
    }

    public async Task<ResolvedBase> ResolveAsync(WorkItem item, string targetRef, CancellationToken cancellationToken)
    {
        if (item.Base is null && remote is null && RefReader.Read(repository.CommonDirectory, targetRef) is { } target)
        {
            return new ResolvedBase(target);
        }

        string name = item.Base ?? targetRef;
        return await ResolveAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new IsolationException(
                GitCodes.UnknownRevision,
                $"'{name}' names no commit.",
                item.Base is null
                    ? "Create the target branch, or name where it starts: .Target(branch, from: …)."
                    : "Give item.Base a branch, a tag or a commit id."
            );
    }

    // null if it names no commit. A full name is never taken for a copy of the remote's branch: it is what it says.
    public async Task<ResolvedBase?> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (RevisionNames.FindAmbiguity(repository, name) is { } ambiguous)
        {
            throw new IsolationException(ambiguous);
        }

        string? commit = await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false);
        if (commit is null || remote is null)
        {
            return commit is null ? null : new ResolvedBase(commit);
        }

        string branch = RefNames.BranchOf(name) ?? name;
        string? there =
            RefNames.IsBranch(branch) && RefReader.Read(repository.CommonDirectory, RefNames.OfBranch(branch)) == commit
                ? RefReader.Read(repository.CommonDirectory, $"refs/remotes/{remote}/{branch}")
                : null;
        (int ahead, int behind) = there is null
            ? (0, 0)
            : await CountAsync(repository, commit, there, cancellationToken).ConfigureAwait(false);
        bool isCopy = behind > 0 && ahead == 0 && branch == name && _branches is { IsTracking: false };
        if (isCopy)
        {
            commit = there!;
        }

        string age = await AgeAsync(commit, cancellationToken).ConfigureAwait(false);
        string text = $"It starts from {name} at {commit[..10]}, made {age} ago";
        return new ResolvedBase(commit)
        {
            Text =
                isCopy ? $"{text}: {remote}/{branch}, which {name} here is {Commits(behind)} behind."
                : behind == 0 ? $"{text}."
                : $"{text}, {Commits(behind)} behind {remote}/{branch}. Give '{remote}/{branch}' as the base, or bring "
                    + $"{branch} up with 'git fetch . {remote}/{branch}:{branch}'.",
            IsBehind = behind > 0 && !isCopy,
        };
    }

    public static string Commits(int count) => count == 1 ? "1 commit" : $"{count} commits";

    // How many commits each has that the other lacks.
    public static async Task<(int Ahead, int Behind)> CountAsync(
        GitRepository repository,
        string here,
        string there,
        CancellationToken cancellationToken
    )
    {
        if (here == there)
        {
            return (0, 0);
        }

        GitResult counts = await repository
            .RunAsync(cancellationToken, "rev-list", "--left-right", "--count", $"{here}...{there}")
            .ConfigureAwait(false);
        string[] both = counts.Line.Split('\t');
        return (int.Parse(both[0], CultureInfo.InvariantCulture), int.Parse(both[1], CultureInfo.InvariantCulture));
    }

    private async Task<string> AgeAsync(string commit, CancellationToken cancellationToken)
    {
        GitResult made = await repository
            .RunAsync(cancellationToken, "log", "-1", "--format=%ct", commit)
            .ConfigureAwait(false);
        TimeSpan age =
            time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(made.Line, CultureInfo.InvariantCulture));
        return WorkerStatus.FormatDuration(age < TimeSpan.Zero ? TimeSpan.Zero : age);
    }
}

internal sealed record ResolvedBase(string Commit)
{
    // What is known of it; null where nothing was fetched.
    public string? Text { get; init; }

    public bool IsBehind { get; init; }
}
