using System.Text.Json;

namespace Isolation.Sdk.Merging.Queueing;

/// <summary>A paused queue, as it is stored: the message of a commit that one ref of the queue points to.</summary>
/// <param name="Reason">Why.</param>
internal sealed record QueuePause(string Reason)
{
    /// <summary>What has at least this priority passes.</summary>
    public int? PassPriority { get; init; }

    /// <summary>What kept it from going on.</summary>
    public MergeHold Kind { get; init; } = MergeHold.Paused;

    /// <summary>The commit of the target that is red by itself: the pause ends when the target is another one.</summary>
    public string? BrokenTarget { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, QueueJson.Default.QueuePause);

    public static QueuePause? Parse(string json)
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

    /// <summary>Why this item may not go on; <see langword="null"/> when it may.</summary>
    public HoldReason? Holds(QueueItem item) =>
        BrokenTarget is not null
            ? item.MendsTarget
                ? null
                : new HoldReason(MergeHold.BaseBroken, Reason)
            : item.Priority >= PassPriority
                ? null
                : new HoldReason(Kind, Reason);
}
