namespace Isolation.Sdk.Contexts;

/// <summary>What goes into a fresh context beside the item, its blockers' notes and the reason of the failed attempt
/// before.</summary>
public sealed class FreshContextOptions
{
    /// <summary>The most tokens a briefing may have; over it the attempt fails with ISO0503 before its runner starts.
    /// <value>null: no limit.</value></summary>
    public int? TokenBudget { get; set; }

    /// <summary>The most tokens of a briefing that go to how the attempt before collided with the target: with what, in
    /// which files, and where its work is. It never brings a briefing over <see cref="TokenBudget"/>: files are left
    /// out first, then all of it. 0 leaves it out. <value>1,000: a new attempt that does not know runs into the
    /// same.</value></summary>
    public int MaxConflictTokens { get; set; } = 1_000;

    /// <summary>Text for every worker, before everything else. Markdown. <value>Empty.</value></summary>
    public string Preamble { get; set; } = "";

    /// <summary>Read-only files whose content goes into every briefing. A relative path means the workspace at its base
    /// commit, so the briefing follows from the commit; an absolute path means the host's file. UTF-8, at most 256 KiB
    /// each. <value>None.</value></summary>
    public IList<string> References { get; } = [];

    /// <summary>Counts the tokens of a text. <value>null: UTF-8 bytes / 4, rounded up. That is what English and code
    /// come to with today's tokenizers; other scripts come out too high rather than too low.</value></summary>
    public Func<string, int>? EstimateTokens { get; set; }

    /// <summary>The built-in estimate: UTF-8 bytes / 4, rounded up.</summary>
    /// <param name="text">The text.</param>
    public static int EstimateByBytes(string text) => (System.Text.Encoding.UTF8.GetByteCount(text) + 3) / 4;
}
