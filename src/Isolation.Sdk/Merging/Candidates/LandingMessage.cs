using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

internal static class LandingMessage
{
    public const string ItemTrailer = "Isolation-Item";
    public const string AttemptTrailer = "Isolation-Attempt";
    public const string HeadTrailer = "Isolation-Head";
    public const string TestedTreeTrailer = "Isolation-Tested-Tree";

    private const int MaxTitleLength = 200;

    public static string Write(QueueItem item, string? template, string? testedTree)
    {
        string title = OneLine(item.Title) is { Length: > 0 } given ? given : Name(item.Attempt);
        string line = OneLine(
            (template ?? "{title}")
                .Replace("{attempt}", Name(item.Attempt))
                .Replace("{item}", Name(item.Attempt.Item))
                .Replace("{title}", title)
        );
        return $"{(line.Length > 0 ? line : title)}\n\n{Trailers(item, testedTree)}";
    }

    public static string Append(string message, QueueItem item, bool last, string? testedTree)
    {
        // A worker cannot claim that something landed or was tested: those lines are the queue's.
        string[] lines =
        [
            .. message
                .ReplaceLineEndings("\n")
                .TrimEnd()
                .Split('\n')
                .Where(l => l.IndexOf(':') is not (> 0 and var colon) || !IsReserved(l[..colon].Trim())),
        ];
        int block = Array.FindLastIndex(lines, string.IsNullOrWhiteSpace) + 1;
        bool trailers =
            block > 0
            && block < lines.Length
            && lines[block..]
                .All(l =>
                    l.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon
                    && l[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                );
        return string.Join('\n', lines).TrimEnd()
            + (trailers ? "\n" : "\n\n")
            + (last ? Trailers(item, testedTree) : Trailer(ItemTrailer, Name(item.Attempt.Item)));
    }

    public static string Trailer(string name, string value) => $"{name}: {value}\n";

    public static bool IsReserved(string name) =>
        name.ToUpperInvariant()
            is "ISOLATION-ITEM"
                or "ISOLATION-ATTEMPT"
                or "ISOLATION-HEAD"
                or "ISOLATION-TESTED-TREE";

    public static IReadOnlyDictionary<string, string> Trailers(string block)
    {
        Dictionary<string, string> found = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in block.Split('\n'))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0)
            {
                found[line[..colon]] = line[(colon + 2)..].TrimEnd();
            }
        }

        return found;
    }

    // The slug when the ID would not come back from a trailer as it is.
    public static string Name(string item) =>
        item.Length is > 0 and <= MaxTitleLength && OneLine(item) == item ? item : Slug.Of(item);

    public static string Name(AttemptId attempt) => new AttemptId(Name(attempt.Item), attempt.Number).ToString();

    private static string Trailers(QueueItem item, string? testedTree) =>
        Trailer(ItemTrailer, Name(item.Attempt.Item))
        + Trailer(AttemptTrailer, Name(item.Attempt))
        + Trailer(HeadTrailer, item.Head)
        + (testedTree is null ? "" : Trailer(TestedTreeTrailer, testedTree));

    private static string OneLine(string? text)
    {
        string trimmed = string.Concat(
                (text ?? "").Select(c =>
                    char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? ' ' : c
                )
            )
            .Trim();
        return trimmed.Length > MaxTitleLength ? trimmed[..MaxTitleLength].TrimEnd() : trimmed;
    }
}
