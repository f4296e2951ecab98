using System.Globalization;

namespace Isolation.Sdk.Git;

/// <summary>What <c>git merge-tree --write-tree -z --messages</c> prints.</summary>
internal sealed record MergeTreeOutput(
    string Tree,
    IReadOnlyList<UnmergedEntry> Files,
    IReadOnlyList<MergeMessage> Messages
)
{
    public static MergeTreeOutput? Parse(string output)
    {
        string[] fields = output.Split('\0');
        if (!IsObjectId(fields[0]))
        {
            return null;
        }

        int at = 1;
        List<UnmergedEntry> files = [];
        for (; at < fields.Length && fields[at].Length > 0; at++)
        {
            if (UnmergedEntry.Parse(fields[at]) is not { } entry)
            {
                return null;
            }

            files.Add(entry);
        }

        if (at >= fields.Length - 1)
        {
            // Even a merge without files and remarks ends the list of files, and an ID that was cut may look like
            // one.
            return null;
        }

        List<MergeMessage> messages = [];
        at++;
        while (at < fields.Length && ReadMessage(fields, ref at) is { } message)
        {
            messages.Add(message);
        }

        return new MergeTreeOutput(fields[0], files, messages);
    }

    public static bool IsObjectId(string text) => text.Length is 40 or 64 && text.All(char.IsAsciiHexDigitLower);

    private static MergeMessage? ReadMessage(string[] fields, ref int at)
    {
        // Submodule conflicts append free text without a frame: what is no message any more ends the list.
        if (
            !int.TryParse(fields[at], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || count > fields.Length - at - 3
        )
        {
            return null;
        }

        MergeMessage message = new(
            [.. fields.Skip(at + 1).Take(count)],
            fields[at + count + 1],
            fields[at + count + 2]
        );
        at += count + 3;
        return message;
    }
}

internal sealed record UnmergedEntry(string Mode, string ObjectId, int Stage, string Path)
{
    public static UnmergedEntry? Parse(string field)
    {
        int tab = field.IndexOf('\t');
        string[] head = tab < 0 ? [] : field[..tab].Split(' ');
        return
            head.Length == 3
            && head[0].Length == 6
            && head[0].All(char.IsAsciiDigit)
            && MergeTreeOutput.IsObjectId(head[1])
            && head[2] is "1" or "2" or "3"
            ? new UnmergedEntry(head[0], head[1], head[2][0] - '0', field[(tab + 1)..])
            : null;
    }
}

internal sealed record MergeMessage(IReadOnlyList<string> Paths, string Kind, string Text)
{
    public bool IsConflict => Kind.StartsWith("CONFLICT", StringComparison.Ordinal);

    public string ShortKind =>
        Kind.StartsWith("CONFLICT", StringComparison.Ordinal) && Kind.IndexOf('(') is var open and > 0
            ? Kind[(open + 1)..].TrimEnd(')')
            : Kind;
}
