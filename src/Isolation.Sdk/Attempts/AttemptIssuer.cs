using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Attempts;

/// <summary>Issues attempts: the number is whatever ref could be created, never a counter in memory.</summary>
internal sealed class AttemptIssuer(GitRepository repository)
{
    /// <summary>Resolves where an attempt starts, once, to a commit.</summary>
    public async Task<string> ResolveBaseAsync(WorkItem item, string targetRef, CancellationToken cancellationToken)
    {
        string name = item.Base ?? targetRef;
        string? commit =
            item.Base is null && RefReader.Read(repository.CommonDirectory, targetRef) is { } direct
                ? direct
                : await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false);
        return commit
            ?? throw new IsolationException(
                GitCodes.UnknownRevision,
                $"'{name}' names no commit.",
                item.Base is null
                    ? "Create the target branch, or name where it starts: .Target(branch, from: …)."
                    : "Give item.Base a branch, a tag or a commit id."
            );
    }

    /// <summary>Brings the remote's branches here first, if the host said so.</summary>
    public Task RefreshAsync(string? remote, TimeProvider time, CancellationToken cancellationToken) =>
        remote is null ? Task.CompletedTask : GitFetch.RunAsync(repository, remote, time, cancellationToken);

    /// <summary>What an attempt left; where a suspended item goes on.</summary>
    public string? PinnedBy(AttemptId attempt) =>
        RefReader.Read(repository.CommonDirectory, AttemptNames.RefName(attempt));

    /// <summary>Creates the next attempt's ref at its base, which pins the base too.</summary>
    public async Task<AttemptId> IssueAsync(string item, string baseCommit, CancellationToken cancellationToken)
    {
        int number = Highest(item) + 1;
        while (true)
        {
            AttemptId attempt = new(item, number);
            if (
                await repository
                    .TryUpdateAsync(
                        new RefTransaction().Create(AttemptNames.RefName(attempt), baseCommit),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                return attempt;
            }

            number++; // Another process was faster: that number is its own.
        }
    }

    private int Highest(string item)
    {
        string prefix = $"{AttemptNames.AttemptsPrefix}{Slug.Of(item)}/";
        Dictionary<string, string> refs = new(StringComparer.Ordinal);
        RefReader.ReadAll(repository.CommonDirectory, refs, prefix);
        int used = refs
            .Keys.Select(k =>
                int.TryParse(k.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
                    ? n
                    : 0
            )
            .DefaultIfEmpty(0)
            .Max();
        return Math.Max(used, new RetiredNumbers(repository).Of(Slug.Of(item)));
    }
}
