using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Sdk.Merging;

/// <summary>A submitted attempt as it is stored: the message of a commit whose first parent is the pinned head.</summary>
internal sealed record QueueItem(AttemptId Attempt, string Head, string Base, long Sequence)
{
    /// <summary>The commit that holds this record; not part of it.</summary>
    [JsonIgnore]
    public string Commit { get; init; } = "";

    public string? Title { get; init; }

    /// <summary>When it was handed in.</summary>
    public DateTimeOffset? Submitted { get; init; }

    public int Priority { get; init; }

    public IReadOnlyList<AttemptId> DependsOn { get; init; } = [];

    public string? Branch { get; init; }

    /// <summary>What changed between base and head; <see langword="null"/> when it is too much to carry along.</summary>
    public IReadOnlyList<string>? Files { get; init; }

    /// <summary>The policy it was submitted under: an actor with a laxer one may not land it.</summary>
    public bool NeedsApproval { get; init; }

    public bool NeedsGate { get; init; }

    /// <summary><see cref="MergeState.Queued"/> or a terminal state; all others follow from the rest.</summary>
    public MergeState State { get; init; }

    public string? Reason { get; init; }

    /// <summary>Why it is kept from landing until it is approved again.</summary>
    public ItemHold? Hold { get; init; }

    /// <summary>Whether it is tested and landed by itself.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Whether it goes on while the target is broken.</summary>
    public bool FixesTarget { get; init; }

    public string? ApprovedCommit { get; init; }

    public string? ApprovedBy { get; init; }

    /// <summary>Where its branch was pushed to, or why that failed.</summary>
    public string? Pushed { get; init; }

    public string? LandedCommit { get; init; }

    public MergeConflict? Conflict { get; init; }

    public GateResult? Gate { get; init; }

    [JsonIgnore]
    public bool IsTerminal => State >= MergeState.Landed;

    public string ToJson() => JsonSerializer.Serialize(this, QueueJson.Default.QueueItem);

    /// <summary>Reads a stored record; <see langword="null"/> when it is none.</summary>
    public static QueueItem? Parse(string commit, string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, QueueJson.Default.QueueItem) is { } item
                ? item with
                {
                    Commit = commit,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Why an item does not go on, in a word and in a sentence.</summary>
internal sealed record ItemHold(MergeHoldReason Kind, string Text)
{
    public override string ToString() => $"{Kind}: {Text}";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(QueueItem))]
[JsonSerializable(typeof(QueuePause))]
[JsonSerializable(typeof(QueueActivity))]
[JsonSerializable(typeof(GateLogLine))]
internal sealed partial class QueueJson : JsonSerializerContext;
