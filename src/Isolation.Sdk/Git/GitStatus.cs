namespace Isolation.Sdk.Git;

internal sealed record GitStatus(
    string? Head,
    string? Branch,
    IReadOnlyList<string> Tracked,
    IReadOnlyList<string> Untracked
)
{
    // Folders with a slash at their end; what is in them is not listed.
    public IReadOnlyList<string> Ignored { get; private init; } = [];

    public IReadOnlyList<UnmergedPath> Unmerged { get; private init; } = [];

    // Modified in the work tree, and in the index as in HEAD.
    public IReadOnlyList<string> Unstaged { get; private init; } = [];

    public static GitStatus Parse(IReadOnlyList<string> fields)
    {
        string? head = null;
        string? branch = null;
        List<string> tracked = [];
        List<string> untracked = [];
        List<string> ignored = [];
        List<UnmergedPath> unmerged = [];
        List<string> unstaged = [];
        for (int i = 0; i < fields.Count; i++)
        {
            string field = fields[i];
            switch (field.Length > 1 ? field[..2] : field)
            {
                case "# ":
                    head = After(field, "# branch.oid ") is { } oid ? (oid == "(initial)" ? null : oid) : head;
                    branch = After(field, "# branch.head ") is { } name ? (name == "(detached)" ? null : name) : branch;
                    break;
                case "1 ":
                    tracked.Add(field.Split(' ', 9)[8]);
                    if (field[2..4] == ".M")
                    {
                        unstaged.Add(tracked[^1]);
                    }

                    break;
                case "2 ":
                    tracked.Add(field.Split(' ', 10)[9]);
                    tracked.Add(fields[++i]);
                    break;
                case "u ":
                    tracked.Add(field.Split(' ', 11)[10]);
                    unmerged.Add(new UnmergedPath(field[2..4], tracked[^1]));
                    break;
                case "? ":
                    untracked.Add(field[2..]);
                    break;
                case "! ":
                    ignored.Add(field[2..]);
                    break;
            }
        }

        return new GitStatus(head, branch, tracked, untracked)
        {
            Ignored = ignored,
            Unmerged = unmerged,
            Unstaged = unstaged,
        };
    }

    private static string? After(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;
}

// UU: both sides changed it; AA: both added it; of the others one side lacks it.
internal sealed record UnmergedPath(string Kind, string Path);
