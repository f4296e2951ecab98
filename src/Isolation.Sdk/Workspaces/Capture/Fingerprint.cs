using System.Security.Cryptography;

namespace Isolation.Sdk.Workspaces;

/// <summary>What git trusts before it does anything: config that can name programs, and the pointers that say which repository this is.</summary>
internal static class Fingerprint
{
    private const string Absent = "-";
    private static readonly string Empty = Convert.ToHexStringLower(SHA256.HashData([]));
    private static readonly string[] Shared = ["config", "config.worktree", "info/attributes"];

    public static IReadOnlyDictionary<string, string> Take(
        string commonDirectory,
        string gitDirectory,
        string workTree
    ) =>
        new Dictionary<string, string>
        {
            ["config"] = Hash(Path.Combine(commonDirectory, "config")),
            ["config.worktree"] = Hash(Path.Combine(commonDirectory, "config.worktree")),
            ["info/attributes"] = Hash(Path.Combine(commonDirectory, "info", "attributes")),
            ["worktree config.worktree"] = Hash(Path.Combine(gitDirectory, "config.worktree")),
            ["worktree commondir"] = Hash(Path.Combine(gitDirectory, "commondir")),
            ["worktree gitdir"] = Hash(Path.Combine(gitDirectory, "gitdir")),
            [".git pointer"] = Hash(Path.Combine(workTree, ".git")),
        };

    /// <summary>What differs, by name.</summary>
    public static IReadOnlyList<string> Differences(
        IReadOnlyDictionary<string, string> before,
        IReadOnlyDictionary<string, string> after
    ) =>
        [
            .. before
                .Where(e => after.GetValueOrDefault(e.Key) != e.Value)
                .Select(e =>
                    $"{e.Key} was {(after.GetValueOrDefault(e.Key, Absent) == Absent ? "removed" : e.Value == Absent ? "added" : "changed")}"
                ),
        ];

    /// <summary>Whether a difference is in what all work trees share: then it does not say who made it.</summary>
    public static bool IsShared(string difference) =>
        Shared.Any(name => difference.StartsWith($"{name} was ", StringComparison.Ordinal));

    private static string Hash(string path)
    {
        FileInfo file = new(path);
        if (file.LinkTarget is { } target)
        {
            return "link:" + target;
        }

        // A pipe has no length either, and reading one would never end.
        return Directory.Exists(path) ? "directory"
            : !file.Exists ? Absent
            : file.Length == 0 ? Empty
            : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
    }
}
