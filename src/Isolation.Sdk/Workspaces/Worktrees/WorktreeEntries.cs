using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// A half-made one breaks git for everyone: an empty commondir fails add, list and fetch, a HEAD of zeros fails fetch
// and gc.
internal static class WorktreeEntries
{
    public static TimeSpan DeadAfter { get; } = TimeSpan.FromSeconds(5);

    public static string? Find(GitRepository repository, string workTree) =>
        WorktreeFiles.Entries(repository).FirstOrDefault(e => WorktreeFiles.PathOf(e) == workTree);

    public static IReadOnlyList<string> Below(GitRepository repository, string folder) =>
        [
            .. WorktreeFiles
                .Entries(repository)
                .Select(WorktreeFiles.PathOf)
                .OfType<string>()
                .Where(t => Path.GetDirectoryName(t) == folder),
        ];

    public static string? Pointer(string workTree) =>
        TextFile.TryRead(Path.Combine(workTree, ".git")) is { } text
        && text.StartsWith("gitdir: ", StringComparison.Ordinal)
            ? text["gitdir: ".Length..]
            : null;

    // It is kept, not deleted.
    public static int QuarantineHalfMade(GitRepository repository, DateTimeOffset now)
    {
        string[] dead =
        [
            .. WorktreeFiles.Entries(repository).Where(e => IsHalfMade(e) && now - Youngest(e) > DeadAfter),
        ];
        foreach (string entry in dead)
        {
            Directory.CreateDirectory(HalfMadeFolder(repository));
            Directory.Move(
                entry,
                Path.Combine(HalfMadeFolder(repository), $"{Path.GetFileName(entry)}-{Guid.NewGuid():n}")
            );
        }

        return dead.Length;
    }

    public static string HalfMadeFolder(GitRepository repository) =>
        Path.Combine(repository.IsolationDirectory, "healed");

    private static bool IsHalfMade(string entry)
    {
        FileInfo common = new(Path.Combine(entry, "commondir"));
        string? head = TextFile.TryRead(Path.Combine(entry, "HEAD"));
        return (common.Exists && common.Length == 0) || (head is { Length: >= 40 } && head.All(c => c == '0'));
    }

    private static DateTimeOffset Youngest(string entry) =>
        new DirectoryInfo(entry)
            .EnumerateFiles()
            .Select(f => new DateTimeOffset(f.LastWriteTimeUtc))
            .Append(new DateTimeOffset(new DirectoryInfo(entry).LastWriteTimeUtc))
            .Max();
}
