using System.Globalization;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// Plumbing, so that no diff driver of anyone runs.
internal static class CommitDiff
{
    public static async Task<IReadOnlyList<FileChange>> ReadAsync(
        GitRepository repository,
        string from,
        string to,
        CancellationToken cancellationToken
    )
    {
        GitResult answer = await repository
            .RunAsync(
                cancellationToken,
                [
                    .. "diff-tree -r -z --raw --numstat -M --no-ext-diff --no-textconv --no-commit-id".Split(' '),
                    from,
                    to,
                ]
            )
            .ConfigureAwait(false);
        return Parse(answer.Fields);
    }

    public static async Task<string> ReadPatchAsync(
        GitRepository repository,
        string from,
        string to,
        CancellationToken cancellationToken
    ) =>
        (
            await repository
                .RunAsync(
                    cancellationToken,
                    [
                        .. (
                            "diff-tree -p -M --binary --full-index --no-ext-diff --no-textconv --no-color "
                            + "--no-commit-id"
                        ).Split(' '),
                        from,
                        to,
                    ]
                )
                .ConfigureAwait(false)
        ).Output;

    public static IReadOnlyList<FileChange> Parse(IReadOnlyList<string> fields)
    {
        List<FileChange> changes = [];
        Dictionary<string, int> byPath = [];
        for (int i = 0; i < fields.Count; )
        {
            if (fields[i].StartsWith(':'))
            {
                i = ReadRaw(fields, i, changes);
                byPath[changes[^1].Path] = changes.Count - 1;
            }
            else
            {
                i = ReadNumbers(fields, i, changes, byPath);
            }
        }

        return changes;
    }

    // ":100644 100644 <old> <new> M" NUL path, and a second path after a rename or a copy.
    private static int ReadRaw(IReadOnlyList<string> fields, int at, List<FileChange> changes)
    {
        string[] head = fields[at].Split(' ');
        if (head.Length != 5 || head[4].Length == 0 || at + 1 >= fields.Count)
        {
            throw Broken(fields[at]);
        }

        bool two = head[4][0] is 'R' or 'C';
        if (two && at + 2 >= fields.Count)
        {
            throw Broken(fields[at]);
        }

        FileChangeKind kind = head[4][0] switch
        {
            'A' or 'C' => FileChangeKind.Added,
            'D' => FileChangeKind.Deleted,
            'R' => FileChangeKind.Renamed,
            'T' => FileChangeKind.TypeChanged,
            _ => FileChangeKind.Modified,
        };
        changes.Add(
            new FileChange(fields[at + (two ? 2 : 1)], kind, 0, 0)
            {
                OldPath = kind == FileChangeKind.Renamed ? fields[at + 1] : null,
                Submodule = head[1] == "160000" ? head[3] : null,
            }
        );
        return at + (two ? 3 : 2);
    }

    // "3 TAB 1 TAB path", or "3 TAB 1 TAB" NUL old NUL new; "-" for a binary file.
    private static int ReadNumbers(
        IReadOnlyList<string> fields,
        int at,
        List<FileChange> changes,
        Dictionary<string, int> byPath
    )
    {
        string[] parts = fields[at].Split('\t', 3);
        if (parts.Length != 3)
        {
            throw Broken(fields[at]);
        }

        bool two = parts[2].Length == 0;
        string path =
            !two ? parts[2]
            : at + 2 < fields.Count ? fields[at + 2]
            : throw Broken(fields[at]);
        (int added, int deleted) = (Number(parts[0]), Number(parts[1]));
        if (byPath.TryGetValue(path, out int index))
        {
            changes[index] = changes[index] with { Added = added, Deleted = deleted };
        }

        return at + (two ? 3 : 1);
    }

    private static int Number(string text) =>
        text == "-" ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw Broken(text);

    private static IsolationException Broken(string field) =>
        new(
            GitCodes.UnexpectedOutput,
            $"Git's list of changed files could not be read at '{(field.Length > 60 ? field[..60] : field)}'.",
            "Report it with the output of 'git --version'."
        );
}
