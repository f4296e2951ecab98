using System.Text.Json;

namespace Isolation.Sdk.Merging;

/// <summary>A paused queue, as it is stored: the message of a commit that one ref of the queue points to.</summary>
/// <param name="Reason">Why.</param>
internal sealed record StoredPause(string Reason)
{
    /// <summary>What has at least this priority passes.</summary>
    public int? MinimumPriority { get; init; }

    /// <summary>What kept it from going on.</summary>
    public MergeHoldReason Kind { get; init; } = MergeHoldReason.Paused;

    /// <summary>The commit of the target that is red by itself: the pause ends when the target is another one.</summary>
    public string? BrokenTarget { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, QueueJson.Default.StoredPause);

    public static StoredPause? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, QueueJson.Default.StoredPause);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Why this item may not go on; <see langword="null"/> when it may.</summary>
    public ItemHold? Holds(QueueItem item) =>
        BrokenTarget is not null
            ? item.FixesTarget
                ? null
                : new ItemHold(MergeHoldReason.BaseBroken, Reason)
            : item.Priority >= MinimumPriority
                ? null
                : new ItemHold(Kind, Reason);
}
