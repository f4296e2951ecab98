using Isolation.Sdk.Git;

namespace Isolation.Sdk.Benchmarks.Replay;

/// <summary>How a merge of two commits ended.</summary>
internal enum Verdict
{
    /// <summary>Everything went together.</summary>
    Clean,

    /// <summary>Something collided.</summary>
    Conflict,

    /// <summary>No commit in common.</summary>
    Unrelated,

    /// <summary>It could not be said: an object is missing.</summary>
    Unknown,
}

/// <summary>What came out of one merge, in a form that two ways of merging share.</summary>
internal sealed record Merged(
    Verdict Verdict,
    string? Tree,
    IReadOnlyList<UnmergedEntry> Entries,
    string? Reason = null
)
{
    public static Merged Clean(string tree) => new(Verdict.Clean, tree, []);

    public static Merged Conflict(IEnumerable<UnmergedEntry> entries) =>
        new(
            Verdict.Conflict,
            null,
            [
                .. entries
                    .OrderBy(e => e.Path, StringComparer.Ordinal)
                    .ThenBy(e => e.Stage)
                    .ThenBy(e => e.ObjectId, StringComparer.Ordinal),
            ]
        );

    public static Merged Unrelated() => new(Verdict.Unrelated, null, []);

    public static Merged Unknown(string reason) =>
        new(Verdict.Unknown, null, [], reason.Trim().ReplaceLineEndings(" "));

    public bool Same(Merged other) =>
        Verdict == other.Verdict && Tree == other.Tree && Entries.SequenceEqual(other.Entries);
}
