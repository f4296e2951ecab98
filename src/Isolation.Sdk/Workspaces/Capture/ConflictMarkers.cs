using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// Markers of a conflict in what a worker made: somebody who forgot to resolve it, or a text about conflicts.
internal sealed class ConflictMarkers(GitRepository repository, WorkspaceInfo info)
{
    // As git does to tell a binary file.
    public const int Sniffed = 8000;

    private const long MaxBytes = 8L << 20;
    private const int MaxFiles = 200;

    // In files that changed, and neither in the base nor in the target. No process runs unless a file looks like it.
    public async Task<IReadOnlyList<string>> FindAsync(
        string commit,
        string start,
        string? target,
        IReadOnlyList<FileChange> files,
        CancellationToken cancellationToken
    )
    {
        FileChange[] suspects =
        [
            .. files
                .Where(f => f.Kind != FileChangeKind.Deleted && TryRead(info, f.Path) is { } text && AreIn(text))
                .Take(MaxFiles),
        ];
        if (suspects.Length == 0)
        {
            return [];
        }

        string[] trees = [commit, start, .. target is null ? Array.Empty<string>() : [target]];
        GitResult answer = await repository
            .TryRunAsync(
                cancellationToken,
                [
                    .. "grep -l -z -I -E --full-name --no-color --no-textconv --all-match".Split(' '),
                    .. "-e|^<<<<<<< |-e|^=======[[:space:]]*$|-e|^>>>>>>> ".Split('|'),
                    .. trees.Distinct(),
                    "--",
                    .. suspects
                        .SelectMany(f => new[] { f.Path, f.OldPath })
                        .OfType<string>()
                        .Distinct()
                        .Select(p => $":(top,literal){p}"),
                ]
            )
            .ConfigureAwait(false);
        HashSet<string> found = [.. answer.Fields];
        return
        [
            .. suspects
                .Where(f =>
                    found.Contains($"{commit}:{f.Path}")
                    && !trees.Skip(1).Any(t => found.Contains($"{t}:{f.Path}") || found.Contains($"{t}:{f.OldPath}"))
                )
                .Select(f => f.Path),
        ];
    }

    // A file of the work tree as it is; no link is followed, and what has no length (a pipe) is not opened.
    public static byte[]? TryRead(WorkspaceInfo info, string path)
    {
        FileInfo file = new(Path.Combine(info.Path, path));
        try
        {
            return file is { Exists: true, LinkTarget: null, Length: > 0 and <= MaxBytes }
                ? File.ReadAllBytes(file.FullName)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static bool AreIn(ReadOnlySpan<byte> text) =>
        HasLine(text, "<<<<<<< "u8) && HasLine(text, "======="u8) && HasLine(text, ">>>>>>> "u8);

    private static bool HasLine(ReadOnlySpan<byte> text, ReadOnlySpan<byte> start)
    {
        for (int at; (at = text.IndexOf(start)) >= 0; text = text[(at + start.Length)..])
        {
            if (at == 0 || text[at - 1] == (byte)'\n')
            {
                return true;
            }
        }

        return false;
    }
}
