namespace Isolation.Sdk.Contexts;

/// <summary>What goes into a fresh context beside the item, its blockers' notes and the reason of the failed attempt
/// before.</summary>
public sealed class FreshContextOptions
{
    /// <summary>The maximum number of tokens of a briefing; a longer one fails the attempt with ISO0503.
    /// <value>null: no limit.</value></summary>
    public int? TokenBudget { get; set; }

    /// <summary>The maximum number of tokens, within <see cref="TokenBudget"/>, for how the attempt before collided
    /// with the target; 0 leaves it out. <value>1,000.</value></summary>
    public int MaxConflictTokens { get; set; } = 1_000;

    /// <summary>Text for every worker, before everything else. Markdown. <value>Empty.</value></summary>
    public string Preamble { get; set; } = "";

    /// <summary>Files whose content goes into every briefing: UTF-8, at most 256 KiB each. A relative path is in the
    /// workspace, an absolute one is the host's. <value>None.</value></summary>
    public IList<string> References { get; } = [];

    /// <summary>Counts the tokens of a text. <value>null: <see cref="EstimateByBytes"/>.</value></summary>
    public Func<string, int>? EstimateTokens { get; set; }

    /// <summary>The built-in estimate: UTF-8 bytes / 4, rounded up. Too high rather than too low for other scripts than
    /// Latin.</summary>
    /// <param name="text">The text.</param>
    public static int EstimateByBytes(string text) => (System.Text.Encoding.UTF8.GetByteCount(text) + 3) / 4;
}
