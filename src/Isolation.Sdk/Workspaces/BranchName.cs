using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal static class BranchName
{
    private const string Heads = "refs/heads/";

    public static string Of(string template, AttemptId attempt) =>
        TryFill(template, attempt) ?? throw new IsolationException(Bad(template));

    public static IsolationFault? FindFault(string? template) =>
        template is not null && TryFill(template, new AttemptId("item", 1)) is not null ? null : Bad(template ?? "");

    public static string Fill(string template, string item, AttemptId attempt) =>
        template.Replace("{item}", item).Replace("{attempt}", attempt.Number.ToString(CultureInfo.InvariantCulture));

    // No longer than a file name can be, and nothing of a template is left in it.
    public static bool IsValid(string name) =>
        name.Length < 200
        && RefNames.IsBranch(name)
        && name != "@"
        && name != "HEAD"
        && !name.Any(c => c is '{' or '}');

    // Whether work can land on a branch of this short name.
    public static bool IsTarget(string name) =>
        name.Length <= 200
        && RefNames.IsBranch(name)
        && name is not ("@" or "HEAD")
        && !name.StartsWith("refs/", StringComparison.Ordinal)
        && name.Split('/').All(part => part[^1] != '.');

    public static string? Conflict(string branch, string existing)
    {
        if (existing == branch)
        {
            return $"the branch '{existing}' exists already";
        }

        // A file and a directory of one name cannot be beside each other, nor can names that differ in case alone.
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

    // Only in the ref files are they one file. Git itself finds every other conflict when the branch is created.
    public static string? FindCaseTwin(GitRepository repository, string branch)
    {
        Dictionary<string, string> packed = [];
        RefReader.ReadPacked(repository.CommonDirectory, packed, Heads);
        return LooseTwins(Path.Combine(repository.CommonDirectory, "refs", "heads"), "", branch.Split('/'))
            .Concat(packed.Keys.Select(n => n[Heads.Length..]))
            .Select(n =>
                n.StartsWith(branch + "/", StringComparison.Ordinal) || n == branch ? null : Conflict(branch, n)
            )
            .FirstOrDefault(c => c is not null);
    }

    private static IEnumerable<string> LooseTwins(string folder, string prefix, string[] parts)
    {
        if (parts.Length == 0 || !Directory.Exists(folder))
        {
            return [];
        }

        // A folder left empty by a deleted branch is nobody's name.
        return new DirectoryInfo(folder)
            .EnumerateFileSystemInfos()
            .Where(e => e.Name.Equals(parts[0], StringComparison.OrdinalIgnoreCase))
            .SelectMany(e =>
                e is DirectoryInfo && parts.Length > 1 ? LooseTwins(e.FullName, $"{prefix}{e.Name}/", parts[1..])
                : e is FileInfo || Directory.EnumerateFiles(e.FullName, "*", SearchOption.AllDirectories).Any()
                    ? [prefix + e.Name]
                : []
            );
    }

    private static string? TryFill(string template, AttemptId attempt)
    {
        string full = template.Contains("{attempt}") ? template : $"{template}/{{attempt}}";
        string name = Fill(full, Slug.Of(attempt.Item), attempt);
        return IsValid(name) && full.Contains("{item}") ? name : null;
    }

    private static IsolationFault Bad(string template) =>
        new(
            WorkspaceCodes.BadBranch,
            $"The branch template '{PlainText.SingleLine(template, 80)}' gives no branch that is valid and "
                + $"an item's own.",
            "Use plain words, '/' between them and '{item}', as in 'isolation/{item}/{attempt}/work'."
        );
}
