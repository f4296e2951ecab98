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
        return (item.Base is null ? RefReader.Read(repository.CommonDirectory, targetRef) : null)
            ?? await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new IsolationException(
                GitCodes.UnknownRevision,
                $"'{name}' names no commit.",
                item.Base is null
                    ? "Create the target branch, or name where it starts: .Target(branch, from: …)."
                    : "Give item.Base a branch, a tag or a commit id."
            );
    }

    /// <summary>What an attempt left; where a suspended item goes on.</summary>
    public string? PinnedBy(AttemptId attempt) =>
        RefReader.Read(repository.CommonDirectory, AttemptNames.RefName(attempt));

    /// <summary>Creates the next attempt's ref at its base, which pins the base too.</summary>
    /// <param name="item">The item.</param>
    /// <param name="baseCommit">Where the attempt starts.</param>
    /// <param name="lost">An attempt whose machine was lost, with its base: it is retired in the same transaction, so
    /// that a machine which comes back cannot move its ref any more. If it did before, what it made stays pinned.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public async Task<AttemptId> IssueAsync(
        string item,
        string baseCommit,
        (AttemptId Attempt, string Base)? lost,
        CancellationToken cancellationToken
    )
    {
        int number = Highest(item) + 1;
        while (true)
        {
            AttemptId attempt = new(item, number);
            RefTransaction issue = new RefTransaction().Create(AttemptNames.RefName(attempt), baseCommit);
            bool retires = lost is { } gone && PinnedBy(gone.Attempt) == gone.Base;
            if (retires)
            {
                issue.Delete(AttemptNames.RefName(lost!.Value.Attempt), lost.Value.Base);
            }

            if (await repository.TryUpdateAsync(issue, cancellationToken).ConfigureAwait(false))
            {
                return attempt;
            }

            // Another process was faster: that number is its own. Or the lost attempt finished after all.
            number += retires && PinnedBy(lost!.Value.Attempt) != lost.Value.Base ? 0 : 1;
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
