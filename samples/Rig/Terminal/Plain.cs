namespace Rig.Terminal;

/// <summary>Other people's words as one harmless line: a control character could redraw a terminal.</summary>
internal static class Plain
{
    public static string Line(string? text, int longest = 2_000)
    {
        string clean = string.Concat((text ?? "").Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return clean.Length > longest ? clean[..(longest - 1)] + "…" : clean;
    }

    /// <summary>The start of a commit's id, enough to tell it apart by eye.</summary>
    public static string Commit(string? id) => id is { Length: > 10 } ? id[..10] : id ?? "";

    /// <summary><c>AwaitingMerge</c> as <c>awaiting-merge</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum =>
        string.Concat(
            value
                .ToString()
                .Select(
                    (c, i) => i > 0 && char.IsUpper(c) ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"
                )
        );
}
