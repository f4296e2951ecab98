using System.Text;
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
        StringBuilder message = new();
        string title = OneLine(item.Title) is { Length: > 0 } given ? given : Name(item.Attempt);
        string line = OneLine(
            (template ?? "{title}")
                .Replace("{attempt}", Name(item.Attempt))
                .Replace("{item}", Name(item.Attempt.Item))
                .Replace("{title}", title)
        );
        message.Append(line.Length > 0 ? line : title).Append("\n\n");
        message.Append(ItemTrailer).Append(": ").Append(Name(item.Attempt.Item)).Append('\n');
        message.Append(AttemptTrailer).Append(": ").Append(Name(item.Attempt)).Append('\n');
        message.Append(HeadTrailer).Append(": ").Append(item.Head).Append('\n');
        return testedTree is null
            ? message.ToString()
            : message.Append(TestedTreeTrailer).Append(": ").Append(testedTree).Append('\n').ToString();
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
        StringBuilder written = new(string.Join('\n', lines).TrimEnd());
        written
            .Append(trailers ? "\n" : "\n\n")
            .Append(ItemTrailer)
            .Append(": ")
            .Append(Name(item.Attempt.Item))
            .Append('\n');
        if (last)
        {
            written.Append(AttemptTrailer).Append(": ").Append(Name(item.Attempt)).Append('\n');
            written.Append(HeadTrailer).Append(": ").Append(item.Head).Append('\n');
        }

        return last && testedTree is not null
            ? written.Append(TestedTreeTrailer).Append(": ").Append(testedTree).Append('\n').ToString()
            : written.ToString();
    }

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

    private static string OneLine(string? text)
    {
        StringBuilder line = new();
        foreach (char c in text ?? "")
        {
            line.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? ' ' : c);
        }

        string trimmed = line.ToString().Trim();
        return trimmed.Length > MaxTitleLength ? trimmed[..MaxTitleLength].TrimEnd() : trimmed;
    }
}
