namespace Isolation.Sdk.Tracking;

internal static class DeclaredPaths
{
    public const int MaxCount = 200;

    private const int MaxLength = 1_000;

    public static bool IsValid(string? path) =>
        path is { Length: > 0 and <= MaxLength }
        && path[0] != '/'
        && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl)
        && Segments(path).All(s => s.Length > 0 && s is not ("." or ".."));

    public static IReadOnlyList<string> Common(IReadOnlyList<string> first, IReadOnlyList<string> second) =>
        [.. first.Where(a => second.Any(b => Overlap(a, b)))];

    // Equal, one a folder above the other, or by their wildcards.
    public static bool Overlap(string first, string second)
    {
        string[] a = Segments(first),
            b = Segments(second);
        bool aFolder = first.EndsWith('/'),
            bFolder = second.EndsWith('/');

        // From the ends: whether the rest of one can meet the rest of the other. What has no rest is the other, or a
        // folder above it.
        bool[,] meet = new bool[a.Length + 1, b.Length + 1];
        for (int i = a.Length; i >= 0; i--)
        {
            for (int j = b.Length; j >= 0; j--)
            {
                meet[i, j] =
                    i == a.Length
                    || j == b.Length
                    || (a[i] == "**" && (meet[i + 1, j] || ((j + 1 < b.Length || bFolder) && meet[i, j + 1])))
                    || (b[j] == "**" && (meet[i, j + 1] || ((i + 1 < a.Length || aFolder) && meet[i + 1, j])))
                    || (a[i] != "**" && b[j] != "**" && SegmentsMeet(a[i], b[j]) && meet[i + 1, j + 1]);
            }
        }

        return meet[0, 0];
    }

    private static bool SegmentsMeet(string a, string b)
    {
        bool[,] meet = new bool[a.Length + 1, b.Length + 1];
        for (int i = a.Length; i >= 0; i--)
        {
            for (int j = b.Length; j >= 0; j--)
            {
                meet[i, j] =
                    (i == a.Length && j == b.Length)
                    || (i < a.Length && a[i] == '*' && (meet[i + 1, j] || (j < b.Length && meet[i, j + 1])))
                    || (j < b.Length && b[j] == '*' && (meet[i, j + 1] || (i < a.Length && meet[i + 1, j])))
                    || (
                        i < a.Length
                        && j < b.Length
                        && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
                        && meet[i + 1, j + 1]
                    );
            }
        }

        return meet[0, 0];
    }

    private static string[] Segments(string path) => path.TrimEnd('/').Split('/');
}
