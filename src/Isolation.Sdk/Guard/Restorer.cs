using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

/// <summary>
/// Puts back what was not a worker's own, where that is safe. What is there instead by now is left alone.
/// </summary>
internal sealed class Restorer(GitRepository repository, WorkersDirectory directory, bool restores)
{
    private const string Done = "put back";
    private readonly FileBackups _copies = new(repository.CommonDirectory);

    public void Keep(IReadOnlyDictionary<string, string> now) => _copies.Save(now.Where(f => IsFile(f.Key)));

    public IReadOnlyList<SharedStateChange> Explain(SharedStateChange change) =>
        IsFile(change.What) ? _copies.Explain(change) : [change];

    public async Task<GuardFinding> RestoreAsync(
        GuardFinding finding,
        ActiveWorkers workers,
        Dictionary<string, string> now,
        CancellationToken cancellationToken
    )
    {
        if (!restores || finding.Authors.Count == 0 || finding.What.StartsWith("checkout: ", StringComparison.Ordinal))
        {
            return finding;
        }

        // Of one file there is one copy: with the first of its keys all of them are back.
        SharedStateChange change = finding.Change.File ?? finding.Change;
        if (finding.Change.File is not null && now.GetValueOrDefault(change.What) == change.Before)
        {
            return finding with { Restored = Done };
        }

        string outcome;
        try
        {
            outcome =
                change.What.EndsWith(".lock", StringComparison.Ordinal) ? Unlock(change)
                : IsFile(change.What) ? _copies.Restore(change)
                : await PutRefBackAsync(finding, workers, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IsolationException)
        {
            outcome = $"not put back: {e.Message}";
        }

        if (outcome == Done && change.Before is { } before)
        {
            now[change.What] = before;
        }
        else if (outcome == Done)
        {
            now.Remove(change.What);
        }

        return finding with
        {
            Restored = outcome,
        };
    }

    private bool IsFile(string name) =>
        name is "config" or "config.worktree"
        || name.StartsWith(RepositorySnapshotReader.Hooks, StringComparison.Ordinal)
        || name.StartsWith("info/", StringComparison.Ordinal)
        || name.StartsWith(directory.Root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private string Unlock(SharedStateChange change)
    {
        string path = Path.Combine(repository.CommonDirectory, change.What);
        if (FileFingerprint.OfWriteTime(File.GetLastWriteTimeUtc(path)) != change.After)
        {
            return FileBackups.ChangedAgain;
        }

        if (Directory.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            Directory.Delete(path);
        }
        else
        {
            File.Delete(path);
        }

        return Done;
    }

    private async Task<string> PutRefBackAsync(
        GuardFinding finding,
        ActiveWorkers workers,
        CancellationToken cancellationToken
    )
    {
        (string name, string? before, string? after) = (finding.What, finding.Change.Before, finding.Change.After);
        if (
            !name.StartsWith("refs/", StringComparison.Ordinal)
            || name == "refs/stash"
            || !IsId(before ?? after)
            || !IsId(after ?? before)
        )
        {
            return "not put back: that is not safe";
        }

        if (workers.OwnerOf(name) is { } owner)
        {
            return $"not put back: it is {owner.Attempt}'s, who may have gone on";
        }

        RefTransaction back =
            before is null ? new RefTransaction().Delete(name, after)
            : after is null ? new RefTransaction().Create(name, before)
            : new RefTransaction().Update(name, before, after);
        if (after is not null)
        {
            // What it was moved to stays as evidence, and its objects with it.
            back.Update(
                $"{AttemptNames.ExtraRefsPrefix(finding.Authors[0])}{name["refs/".Length..]}",
                after,
                repository.NullId
            );
        }

        return await repository.TryUpdateAsync(back, cancellationToken).ConfigureAwait(false)
            ? Done
            : FileBackups.ChangedAgain;
    }

    private static bool IsId(string? value) => value is { Length: >= 40 } && value.All(char.IsAsciiHexDigitLower);
}
