namespace Isolation.Sdk.Benchmarks.Replay;

/// <summary>One merge of which the two ways made different things, or that neither could do here.</summary>
/// <param name="Merge">The merge commit.</param>
/// <param name="Ours">Its first parent.</param>
/// <param name="Theirs">Its second parent.</param>
/// <param name="Kind">Why, as far as it can be told.</param>
/// <param name="Library">What the library says.</param>
/// <param name="Git">What <c>git merge</c> says.</param>
/// <param name="Differences">What only one of them has.</param>
internal sealed record ReplayDifference(
    string Merge,
    string Ours,
    string Theirs,
    string Kind,
    string Library,
    string Git,
    IReadOnlyList<string> Differences
);

/// <summary>What came out of a history.</summary>
internal sealed class ReplayReport
{
    public required string Repository { get; init; }

    public required string GitVersion { get; init; }

    /// <summary>Merges of two commits that were tried.</summary>
    public int Merges { get; set; }

    /// <summary>Merges of more than two, which are skipped.</summary>
    public int Octopus { get; set; }

    public int AgreedClean { get; set; }

    public int AgreedConflict { get; set; }

    public int AgreedUnrelated { get; set; }

    /// <summary>Conflicts that agree once git's own name for the first side is put in.</summary>
    public int AgreedButForName { get; set; }

    /// <summary>Clean merges whose tree is the one that was committed.</summary>
    public int AsCommitted { get; set; }

    /// <summary>Median, ms: attributes and merge.</summary>
    public double LibraryMedianMs { get; set; }

    /// <summary>Median, ms: moving the checkout and merging there.</summary>
    public double GitMedianMs { get; set; }

    /// <summary>Neither could, or git merge could not.</summary>
    public List<ReplayDifference> Unknown { get; } = [];

    public List<ReplayDifference> Disagreements { get; } = [];
}
