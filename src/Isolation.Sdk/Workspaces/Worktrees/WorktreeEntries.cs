using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// A half-made one breaks git for everyone: an empty commondir fails add, list and fetch, a HEAD of zeros fails fetch
// and gc.
internal static class WorktreeEntries
{
    // An add takes milliseconds.
    public static TimeSpan DeadAfter { get; } = TimeSpan.FromSeconds(5);

    public static string? Find(GitRepository repository, string workTree)
    {
        string pointer = Path.Combine(workTree, ".git");
        return All(repository).FirstOrDefault(e => Read(Path.Combine(e, "gitdir")) == pointer);
    }

    // Whether or not they are there.
    public static IReadOnlyList<string> Below(GitRepository repository, string folder) =>
        [
            .. All(repository)
                .Select(e => Path.GetDirectoryName(Read(Path.Combine(e, "gitdir"))))
                .OfType<string>()
                .Where(t => Path.GetDirectoryName(t) == folder),
        ];

    public static string? Pointer(string workTree) =>
        Read(Path.Combine(workTree, ".git")) is { } text && text.StartsWith("gitdir: ", StringComparison.Ordinal)
            ? text["gitdir: ".Length..]
            : null;

    // It is kept, not deleted.
    public static int QuarantineHalfMade(GitRepository repository, DateTimeOffset now)
    {
        string[] dead = [.. All(repository).Where(e => IsHalfMade(e) && now - Youngest(e) > DeadAfter)];
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
        string? head = Read(Path.Combine(entry, "HEAD"));
        return (common.Exists && common.Length == 0) || (head is { Length: >= 40 } && head.All(c => c == '0'));
    }

    private static DateTimeOffset Youngest(string entry) =>
        new DirectoryInfo(entry)
            .EnumerateFiles()
            .Select(f => new DateTimeOffset(f.LastWriteTimeUtc))
            .Append(new DateTimeOffset(new DirectoryInfo(entry).LastWriteTimeUtc))
            .Max();

    private static IEnumerable<string> All(GitRepository repository)
    {
        string folder = Path.Combine(repository.CommonDirectory, "worktrees");
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [];
    }

    private static string? Read(string file)
    {
        try
        {
            // Nothing, or a pipe: opening one would wait for ever.
            return new FileInfo(file).Length == 0 ? "" : File.ReadAllText(file).TrimEnd('\n');
        }
        catch (IOException)
        {
            // Being made or being removed this moment.
            return null;
        }
    }
}
