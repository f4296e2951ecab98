using System.Security.Cryptography;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>What a repository's shared state is at one moment, by name. Read from its files: asking git would cost processes at every look.</summary>
internal sealed class RepositoryFacts
{
    private static readonly string[] SharedFiles = ["config", "config.worktree", "HEAD", "shallow", "info/exclude", "info/attributes", "info/grafts", "objects/info/alternates", "refs/stash"];

    private RepositoryFacts(IReadOnlyDictionary<string, string> values) => Values = values;

    /// <summary>Refs by full name (<c>refs/heads/x</c> to an id), files by path under the git directory (to a hash).</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    public static async Task<RepositoryFacts> ReadAsync(GitRepository repository, CancellationToken cancellationToken)
    {
        Dictionary<string, string> facts = new(StringComparer.Ordinal);
        string common = repository.CommonDirectory;
        if (Directory.Exists(Path.Combine(common, "reftable")))
        {
            foreach ((string name, string id) in await repository.ListRefsAsync("refs/", cancellationToken).ConfigureAwait(false))
            {
                facts[name] = id;
            }
        }
        else
        {
            RefFiles.ReadAll(common, facts);
        }

        // What the library moves itself is guarded by compare-and-swap, and moves all the time.
        foreach (string own in facts.Keys.Where(k => k.StartsWith("refs/isolation/", StringComparison.Ordinal)).ToArray())
        {
            facts.Remove(own);
        }

        foreach (string file in SharedFiles)
        {
            AddFile(facts, common, file);
        }

        AddFolder(facts, common, "hooks");
        AddWorktreeHeads(facts, common);
        return new RepositoryFacts(facts);
    }

    private static void AddFile(Dictionary<string, string> facts, string common, string file)
    {
        if (!facts.ContainsKey(file) && TryHash(Path.Combine(common, file)) is { } hash)
        {
            facts[file] = hash;
        }
    }

    private static void AddFolder(Dictionary<string, string> facts, string common, string folder)
    {
        string full = Path.Combine(common, folder);
        if (!Directory.Exists(full))
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(full))
        {
            string name = $"{folder}/{Path.GetFileName(file)}";
            AddFile(facts, common, name);
            if (!OperatingSystem.IsWindows() && facts.TryGetValue(name, out string? hash))
            {
                facts[name] = $"{hash} {File.GetUnixFileMode(file)}";
            }
        }
    }

    private static void AddWorktreeHeads(Dictionary<string, string> facts, string common)
    {
        string worktrees = Path.Combine(common, "worktrees");
        if (!Directory.Exists(worktrees))
        {
            return;
        }

        foreach (string entry in Directory.EnumerateDirectories(worktrees))
        {
            if (TryRead(Path.Combine(entry, "HEAD")) is { } head)
            {
                facts[$"worktrees/{Path.GetFileName(entry)}/HEAD"] = System.Text.Encoding.UTF8.GetString(head).Trim();
            }
        }
    }

    private static string? TryHash(string path)
    {
        try
        {
            using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static byte[]? TryRead(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
