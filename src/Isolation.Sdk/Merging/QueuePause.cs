using System.Text.Json;

namespace Isolation.Sdk.Merging;

/// <summary>Why a queue lands nothing. It is stored as the message of a commit that one ref of the queue points
/// to.</summary>
/// <param name="Kind">In a word: <see cref="MergeHoldReason.Paused"/>, <see cref="MergeHoldReason.BaseBroken"/> or
/// <see cref="MergeHoldReason.Infra"/>.</param>
/// <param name="Reason">In a sentence.</param>
public sealed record QueuePause(MergeHoldReason Kind, string Reason)
{
    /// <summary>Work with at least this priority lands all the same. <value>null: nothing does.</value></summary>
    public int? MinimumPriority { get; init; }

    /// <summary>The commit of the target that is red by itself: the pause ends with another one, and work that fixes
    /// the target may land.</summary>
    public string? BrokenTarget { get; init; }

    internal string ToJson() => JsonSerializer.Serialize(this, QueueJson.Default.QueuePause);

    internal static QueuePause? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, QueueJson.Default.QueuePause);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal ItemHold? Holds(QueueItem item) =>
        (BrokenTarget is null ? item.Priority >= MinimumPriority : item.FixesTarget)
            ? null
            : new ItemHold(Kind, Reason);
}
