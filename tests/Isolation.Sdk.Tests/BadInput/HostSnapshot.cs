using System.Security.Cryptography;
using Isolation.Sdk.Testing;

namespace Isolation.Sdk.Tests.BadInput;

/// <summary>Everything that a refused pipeline could have left somewhere, as lines of text that can be
/// compared.</summary>
internal static class HostSnapshot
{
    /// <summary>Looks.</summary>
    /// <param name="repository">The repository; what is beside it is looked at too.</param>
    /// <param name="temp">The temp folder of the host.</param>
    /// <param name="host">The process whose children are listed, or null.</param>
    /// <param name="git">Whether git can be asked where the repository is; its files are compared in any case.</param>
    public static async Task<string[]> TakeAsync(string repository, string temp, int? host, bool git = true)
    {
        List<string> lines = [];
        string parent = Path.GetDirectoryName(repository)!;
        lines.AddRange(Listing(parent).Select(l => $"beside: {l}"));
        lines.AddRange(Listing(temp).Select(l => $"temp: {l}"));
        if (
            git
            && (
                File.Exists(Path.Combine(repository, ".git"))
                || Directory.Exists(Path.Combine(repository, ".git"))
                || File.Exists(Path.Combine(repository, "HEAD"))
            )
        )
        {
            string common = (await GitAsync(repository, "rev-parse", "--path-format=absolute", "--git-common-dir"))[0];
            lines.AddRange(
                (await GitAsync(repository, "for-each-ref", "--format=%(objectname) %(refname)")).Select(l =>
                    $"ref: {l}"
                )
            );
            lines.AddRange(
                (await GitAsync(repository, "worktree", "list", "--porcelain")).Select(l => $"worktree: {l}")
            );
            lines.Add($"HEAD: {await File.ReadAllTextAsync(Path.Combine(common, "HEAD"))}");
            lines.Add($"config: {Convert.ToHexString(await File.ReadAllBytesAsync(Path.Combine(common, "config")))}");
        }

        lines.AddRange(host is { } id ? ChildrenOf(id).Select(p => $"process: {p}") : []);
        return [.. lines];
    }

    /// <summary>Compares, and says what came and what went.</summary>
    public static void AssertEqual(string[] before, string[] after) =>
        Assert.True(
            before.SequenceEqual(after),
            $"Came: {string.Join("\n  ", after.Except(before))}\nWent: {string.Join("\n  ", before.Except(after))}"
        );

    private static async Task<string[]> GitAsync(string repository, params string[] arguments) =>
        (await ThrowawayRepository.GitInAsync(repository, ["-c", $"safe.directory={repository}", .. arguments])).Split(
            '\n'
        );

    private static IEnumerable<string> Listing(string folder)
    {
        foreach (
            FileSystemInfo entry in new DirectoryInfo(folder)
                .EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 })
                .OrderBy(e => e.Name, StringComparer.Ordinal)
        )
        {
            // The runtime's own, and the lock that the throwaway folder itself holds.
            if (
                entry.Name.StartsWith("dotnet-diagnostic-", StringComparison.Ordinal)
                || entry.Name.StartsWith("clr-debug-pipe-", StringComparison.Ordinal)
            )
            {
                continue;
            }

            bool isFolder = entry is DirectoryInfo && entry.LinkTarget is null;
            yield return $"{entry.FullName} "
                + $"{(isFolder ? "folder" : entry.LinkTarget is { } to ? $"-> {to}" : Hash(entry.FullName))}";
            foreach (string line in isFolder ? Listing(entry.FullName) : [])
            {
                yield return line;
            }
        }
    }

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))[..12];

    private static IEnumerable<string> ChildrenOf(int id)
    {
        foreach (string task in Directory.EnumerateDirectories($"/proc/{id}/task"))
        {
            foreach (
                string child in File.ReadAllText(Path.Combine(task, "children"))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            )
            {
                yield return child;
            }
        }
    }
}
