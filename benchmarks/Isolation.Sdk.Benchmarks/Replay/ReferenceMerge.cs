using Isolation.Sdk.Git;

namespace Isolation.Sdk.Benchmarks.Replay;

/// <summary>The measure: <c>git merge</c> in one real checkout that is moved from merge to merge.</summary>
internal sealed class ReferenceMerge(string checkout)
{
    /// <summary>What git calls the side that is merged, in markers and in names of files.</summary>
    public const string Theirs = "merged";

    private bool _littered;
    private string[] _config = [];

    public async Task<Merged> RunAsync(string ours, string theirs)
    {
        await File.WriteAllTextAsync(Path.Combine(checkout, ".git", "refs", "heads", Theirs), theirs + "\n");
        Merged merged = await MoveAsync(ours) ?? await MergeAsync();
        if (merged.Verdict == Verdict.Unknown)
        {
            // Files whose content is not here, or that look changed as soon as they are written: git does not need
            // them, only the attribute files.
            await MoveWithoutFilesAsync(ours);
            merged = await MergeAsync();
        }

        _littered = merged.Verdict != Verdict.Clean;
        return merged;
    }

    private async Task<Merged?> MoveAsync(string ours)
    {
        if (_config.Length > 0)
        {
            File.Delete(Path.Combine(checkout, ".git", "index"));
            _config = [];
        }

        (int code, _, string error) = await PlainGit.TryAsync(checkout, "reset", "--hard", "-q", ours);
        if (_littered)
        {
            await PlainGit.TryAsync(checkout, "clean", "-ffdxq");
        }

        return code == 0 ? null : Merged.Unknown(error);
    }

    private async Task MoveWithoutFilesAsync(string ours)
    {
        string git = Path.Combine(checkout, ".git");
        foreach (string left in new[] { "index", "index.lock", "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE" })
        {
            File.Delete(Path.Combine(git, left));
        }

        foreach (string entry in Directory.EnumerateFileSystemEntries(checkout).Where(e => e != git))
        {
            await Command.RunAsync(checkout, "rm", "-rf", "--", entry);
        }

        Directory.CreateDirectory(Path.Combine(git, "info"));
        await File.WriteAllTextAsync(Path.Combine(git, "info", "sparse-checkout"), ".gitattributes\n");
        _config = ["-c", "core.sparseCheckout=true", "-c", "core.sparseCheckoutCone=false"];
        await PlainGit.TryAsync(checkout, "update-ref", "HEAD", ours);
        await PlainGit.TryAsync(checkout, [.. _config, "read-tree", "--reset", "-u", ours]);
    }

    private async Task<Merged> MergeAsync()
    {
        (int code, string output, string error) = await PlainGit.TryAsync(
            checkout,
            [.. _config, "merge", "--no-commit", "--no-ff", "--no-stat", Theirs]
        );
        bool failed = error.Contains("error:", StringComparison.Ordinal);
        if (!failed && error.Contains("unrelated histories", StringComparison.Ordinal))
        {
            return Merged.Unrelated();
        }

        // Before 2.45 a missing tree looks like a conflict here, too.
        if (code is not (0 or 1) || failed || error.Contains("fatal:", StringComparison.Ordinal))
        {
            return Merged.Unknown($"git merge ended with {code}: {error} {output}");
        }

        if (code == 0)
        {
            return Merged.Clean((await PlainGit.RunAsync(checkout, [.. _config, "write-tree"])).Trim());
        }

        string unmerged = await PlainGit.RunAsync(checkout, [.. _config, "ls-files", "-u", "-z"]);
        return File.Exists(Path.Combine(checkout, ".git", "MERGE_HEAD"))
            ? Merged.Conflict(
                unmerged.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(e => UnmergedEntry.Parse(e)!)
            )
            : Merged.Unknown($"git merge refused: {error} {output}");
    }
}
