namespace Isolation.Sdk.Git;

/// <summary>What a commit changes, by the header of each file in the output of 'git diff-tree --stdin -p'.</summary>
internal sealed record CommitPatch(IReadOnlyDictionary<string, FilePatch> Files)
{
    private const string FileHeader = "diff --git ";

    // Without context every line of content has its sign: what has none is git's own.
    public static IReadOnlyDictionary<string, CommitPatch> Parse(string output)
    {
        Dictionary<string, CommitPatch> commits = [];
        Dictionary<string, FilePatch> files = [];
        FilePatch? file = null;
        foreach (string line in output.Split('\n'))
        {
            if (MergeTreeOutput.IsObjectId(line))
            {
                files = [];
                commits[line] = new CommitPatch(files);
            }
            else if (line.StartsWith(FileHeader, StringComparison.Ordinal))
            {
                file = new FilePatch(PathOf(line[FileHeader.Length..]));
                files.TryAdd(line, file);
            }
            else if (file is not null)
            {
                file.Read(line);
            }
        }

        return commits;
    }

    // "a/path b/path", both the same and both in quotation marks where it has odd characters.
    private static string PathOf(string both)
    {
        string first = both[..(both.Length / 2)].Trim('"');
        return first.StartsWith("a/", StringComparison.Ordinal) ? first[2..] : first;
    }
}

internal sealed class FilePatch(string path)
{
    private const string Index = "index ";

    // Fewer letters and digits than that, a brace say, come and go by chance.
    private const int MinSignificant = 4;

    private readonly List<(List<string> Removed, List<string> Added)> _hunks = [];

    public string Path => path;

    // Blobs; null where only the mode changed.
    public string? Old { get; private set; }

    public string? New { get; private set; }

    public void Read(string line)
    {
        if (line.StartsWith("@@ ", StringComparison.Ordinal))
        {
            _hunks.Add(([], []));
        }
        else if (_hunks.Count > 0 && line.StartsWith('-'))
        {
            _hunks[^1].Removed.Add(line[1..]);
        }
        else if (_hunks.Count > 0 && line.StartsWith('+'))
        {
            _hunks[^1].Added.Add(line[1..]);
        }
        else if (_hunks.Count == 0 && line.StartsWith(Index, StringComparison.Ordinal))
        {
            string[] blobs = line[Index.Length..].Split(' ')[0].Split("..");
            (Old, New) = (blobs[0], blobs[^1]);
        }
    }

    // Takes out what the other brought and brings back what it took out, in at least one place.
    public bool Undoes(FilePatch other) =>
        other._hunks.Exists(theirs =>
            IsSignificant(theirs.Removed.Concat(theirs.Added))
            && _hunks.Exists(own =>
                Contains(own.Removed, theirs.Added)
                && Contains(own.Added, theirs.Removed)
                && (theirs.Removed.Count > 0 || own.Added.Count == 0) // Else lines that are new were edited.
            )
        );

    private static bool IsSignificant(IEnumerable<string> lines) =>
        lines.Sum(l => l.Count(char.IsLetterOrDigit)) >= MinSignificant;

    private static bool Contains(List<string> lines, List<string> part) =>
        Enumerable
            .Range(0, Math.Max(0, lines.Count - part.Count + 1))
            .Any(start => part.Select((line, i) => lines[start + i] == line).All(same => same));
}
