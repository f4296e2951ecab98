using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Workspaces;

/// <summary>From a template to a branch that can exist beside the branches there are.</summary>
internal static class BranchName
{
    private const string Heads = "refs/heads/";

    public static string Of(string template, AttemptId attempt)
    {
        string full = template.Contains("{attempt}", StringComparison.Ordinal) ? template : $"{template}/{{attempt}}";
        string name = full.Replace("{item}", Slug.Of(attempt.Item), StringComparison.Ordinal)
            .Replace("{attempt}", attempt.Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return IsValid(name) && full.Contains("{item}", StringComparison.Ordinal)
            ? name
            : throw new IsolationException(
                WorkspaceCodes.BadBranch,
                $"The branch template '{Shown(template)}' gives no branch that is valid and an item's own.",
                "Use plain words, '/' between them and '{item}', as in 'isolation/{item}/{attempt}/work'."
            );
    }

    /// <summary>A branch as git allows it, no longer than a file name can be, with nothing of a template left in it.</summary>
    public static bool IsValid(string name) =>
        name.Length < 200
        && RefNames.IsBranch(name)
        && name != "@"
        && name != "HEAD"
        && !name.Any(c => c is '{' or '}');

    /// <summary>Why a branch cannot be created beside another; <see langword="null"/> when it can.</summary>
    public static string? Conflict(string branch, string existing)
    {
        if (existing == branch)
        {
            return $"the branch '{existing}' exists already";
        }

        // A file and a directory of one name cannot be beside each other, and neither can names that a file system without case takes for the same.
        if (
            existing.StartsWith(branch + "/", StringComparison.OrdinalIgnoreCase)
            || branch.StartsWith(existing + "/", StringComparison.OrdinalIgnoreCase)
        )
        {
            return $"the branch '{existing}' is in its way: one name is a folder of the other";
        }

        return existing.Equals(branch, StringComparison.OrdinalIgnoreCase)
            ? $"the branch '{existing}' differs from it in case alone"
            : null;
    }

    /// <summary>Twins in case alone, read from the ref files: only there they are one file. Git itself finds every other conflict when the branch is created.</summary>
    public static string? FindCaseTwin(GitRepository repository, string branch)
    {
        string heads = Path.Combine(repository.CommonDirectory, "refs", "heads");
        string packed = Path.Combine(repository.CommonDirectory, "packed-refs");
        IEnumerable<string> candidates = LooseTwins(heads, "", branch.Split('/'));
        if (File.Exists(packed))
        {
            candidates = candidates.Concat(
                File.ReadLines(packed)
                    .Select(l =>
                        l.IndexOf(Heads, StringComparison.Ordinal) is >= 40 and int at ? l[(at + Heads.Length)..] : ""
                    )
                    .Where(n => n.Length > 0)
            );
        }

        return candidates
            .Select(n =>
                n.StartsWith(branch + "/", StringComparison.Ordinal) || n == branch ? null : Conflict(branch, n)
            )
            .FirstOrDefault(c => c is not null);
    }

    private static IEnumerable<string> LooseTwins(string folder, string prefix, string[] parts)
    {
        if (parts.Length == 0 || !Directory.Exists(folder))
        {
            yield break;
        }

        foreach (
            FileSystemInfo entry in new DirectoryInfo(folder)
                .EnumerateFileSystemInfos()
                .Where(e => e.Name.Equals(parts[0], StringComparison.OrdinalIgnoreCase))
        )
        {
            if (entry is FileInfo || parts.Length == 1)
            {
                // A folder left empty by a deleted branch is nobody's name.
                if (
                    entry is FileInfo
                    || Directory.EnumerateFiles(entry.FullName, "*", SearchOption.AllDirectories).Any()
                )
                {
                    yield return prefix + entry.Name;
                }
            }
            else
            {
                foreach (string deeper in LooseTwins(entry.FullName, $"{prefix}{entry.Name}/", parts[1..]))
                {
                    yield return deeper;
                }
            }
        }
    }

    private static string Shown(string template) => PlainText.SingleLine(template, 80);
}
