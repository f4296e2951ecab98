using System.Text.RegularExpressions;

namespace Isolation.Sdk.Git;

/// <summary>What a partial clone has not got yet, for git in a directory that does not know where to get it.</summary>
internal sealed partial class PromisedObjects(GitRepository repository)
{
    private const int MaxFetches = 200;
    private readonly HashSet<string> _had = [];

    private string EmptyTree =>
        repository.ObjectFormat == "sha256"
            ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
            : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    // All files of a commit at once.
    public Task FetchTreeAsync(string commit, CancellationToken cancellationToken) =>
        repository.TryRunAsync(
            cancellationToken,
            [.. "diff-tree -r --numstat --no-renames".Split(' '), EmptyTree, commit]
        );

    // Whether there is something to try again for. First git itself fetches what the merge needs, at once.
    public async Task<bool> TryFetchAsync(string error, string ours, string theirs, CancellationToken cancellationToken)
    {
        string[] missing = repository.IsPartial ? [.. Id().Matches(error).Select(m => m.Value).Where(_had.Add)] : [];
        if (missing.Length == 0 || _had.Count > MaxFetches)
        {
            return false;
        }

        if (_had.Count == missing.Length)
        {
            await repository
                .TryRunAsync(cancellationToken, "merge-tree", "--write-tree", ours, theirs)
                .ConfigureAwait(false);
        }

        foreach (string id in missing)
        {
            await repository.TryRunAsync(cancellationToken, "cat-file", "-t", id).ConfigureAwait(false);
        }

        return true;
    }

    [GeneratedRegex(@"\b([0-9a-f]{64}|[0-9a-f]{40})\b")]
    private static partial Regex Id();
}
