namespace Isolation.Sdk.IO;

internal static class PlainText
{
    public const int MaxLineLength = 2_000;

    public const int MaxTextLength = 64 * 1024;

    public static string Lines(string text)
    {
        string cut = text.Length > MaxTextLength ? string.Concat(text.AsSpan(0, MaxTextLength - 1), "…") : text;
        return string.Join('\n', cut.ReplaceLineEndings("\n").Split('\n').Select(l => SingleLine(l, MaxTextLength)));
    }

    // An escape sequence could redraw a terminal.
    public static string SingleLine(string text, int longest)
    {
        string cut = text.Length > longest ? string.Concat(text.AsSpan(0, longest - 1), "…") : text;
        return cut.Any(char.IsControl) ? string.Create(cut.Length, cut, static (line, from) =>
            {
                for (int i = 0; i < from.Length; i++)
                {
                    line[i] = char.IsControl(from[i]) ? ' ' : from[i];
                }
            }) : cut;
    }
}
