using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Isolation.Sdk.Merging;

/// <summary>Stored as the message of a commit whose first parent is the pinned head.</summary>
internal sealed record QueueItem(AttemptId Attempt, string Head, string Base, long Sequence)
{
    [JsonIgnore]
    public string Commit { get; init; } = "";

    public string? Title { get; init; }

    public DateTimeOffset? Submitted { get; init; }

    public int Priority { get; init; }

    public IReadOnlyList<AttemptId> DependsOn { get; init; } = [];

    public string? Branch { get; init; }

    public IReadOnlyList<string>? Files { get; init; }

    // An actor with a laxer policy may not land it.
    public bool NeedsApproval { get; init; }

    public bool NeedsGate { get; init; }

    public MergeState State { get; init; }

    public string? Reason { get; init; }

    public ItemHold? Hold { get; init; }

    public bool Exclusive { get; init; }

    public bool FixesTarget { get; init; }

    public string? ApprovedCommit { get; init; }

    public string? ApprovedBy { get; init; }

    public string? Pushed { get; init; }

    public string? PushFailure { get; init; }

    public string? LandedCommit { get; init; }

    public MergeConflict? Conflict { get; init; }

    public GateResult? Gate { get; init; }

    [JsonIgnore]
    public bool IsTerminal => State >= MergeState.Landed;

    public string ToJson() => JsonSerializer.Serialize(this, QueueJson.Default.QueueItem);

    public static QueueItem? Parse(string commit, string json) =>
        QueueJson.TryRead(json, QueueJson.Default.QueueItem) is { } item ? item with { Commit = commit } : null;
}

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
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class QueueJson : JsonSerializerContext
{
    public static T? TryRead<T>(string? json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
