using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Attempts;

// Issues attempts: the number is whatever ref could be created, never a counter in memory.
internal sealed class AttemptIssuer(GitRepository repository)
{
    public string? PinnedBy(AttemptId attempt) =>
        RefReader.Read(repository.CommonDirectory, AttemptNames.RefName(attempt));

    // The ref pins the base, too. An attempt whose machine was lost is retired in the same transaction, so that a
    // machine that comes back cannot move its ref; if it did before, what it made stays pinned.
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
