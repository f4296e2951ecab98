using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Written beside where it belongs and moved there whole: every git command that looks at all worktrees meanwhile dies
// of what is half there.
internal sealed class WorktreeEntryWriter(GitRepository repository, TimeProvider time)
{
    private string StagingFolder => Path.Combine(repository.IsolationDirectory, "making");

    // Nothing that only git knows to copy: per-worktree settings, sparse patterns, a ref table.
    public bool IsPossible =>
        !Directory.Exists(Path.Combine(repository.CommonDirectory, "reftable"))
        && !File.Exists(Path.Combine(repository.CommonDirectory, "config.worktree"))
        && !File.Exists(Path.Combine(repository.CommonDirectory, "info", "sparse-checkout"));

    public string Write(AttemptId attempt, string path, string branch, string commit)
    {
        SafeDelete.DeleteTree(StagingFolder); // Only a process that died holding the lock left something there.
        string entries = Path.Combine(repository.CommonDirectory, "worktrees");
        string name = AttemptNames.FileName(attempt);
        for (int twin = 1; Directory.Exists(Path.Combine(entries, name)); twin++)
        {
            name = $"{AttemptNames.FileName(attempt)}-{twin}";
        }

        string made = Path.Combine(StagingFolder, name),
            entry = Path.Combine(entries, name);
        Directory.CreateDirectory(Path.Combine(made, "logs"));
        File.WriteAllText(Path.Combine(made, "locked"), $"isolation attempt {AttemptNames.FileName(attempt)}\n");
        File.WriteAllText(Path.Combine(made, "gitdir"), Path.Combine(path, ".git") + "\n");
        File.WriteAllText(Path.Combine(made, "commondir"), "../..\n");
        File.WriteAllText(Path.Combine(made, "HEAD"), $"ref: refs/heads/{branch}\n");
        File.WriteAllText(
            Path.Combine(made, "logs", "HEAD"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{repository.NullId} {commit} Isolation.Sdk <isolation@localhost> "
                    + $"{time.GetUtcNow().ToUnixTimeSeconds()} +0000\n"
            )
        );

        WriteSettings(repository, made, path);
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, ".git"), $"gitdir: {entry}\n");
        Directory.CreateDirectory(entries);
        Directory.Move(made, entry);
        return entry;
    }

    // With settings for each worktree, git lets core.worktree of the shared config hold for all of them.
    public static void WriteSettings(GitRepository repository, string entry, string path)
    {
        string shared = Path.Combine(repository.CommonDirectory, "config");
        if (
            File.Exists(shared)
            && File.ReadAllText(shared).Contains("worktreeConfig", StringComparison.OrdinalIgnoreCase)
        )
        {
            File.AppendAllText(
                Path.Combine(entry, "config.worktree"),
                CloneSettings.Write([new("core.worktree", path), new("core.bare", "false")])
            );
        }
    }
}
