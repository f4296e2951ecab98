using System.Text.Json;

namespace Isolation.Sdk.Merging;

/// <summary>What the actor is at, for watchers elsewhere. It says nothing once the lock is free.</summary>
internal sealed record QueueActivity
{
    public static QueueActivity None { get; } = new();

    /// <summary>What is in the gate, the shortest first.</summary>
    public IReadOnlyList<QueueCandidate> Running { get; init; } = [];

    /// <summary>What collides with something ahead of it.</summary>
    public IReadOnlyList<ProvisionalConflict> Provisional { get; init; } = [];

    /// <summary>Why nothing may land at all.</summary>
    public string? Obstacle { get; init; }

    /// <summary>How many candidates are tested at once, at most.</summary>
    public int MaxConcurrency { get; init; }

    /// <summary>The shortest candidate with this item.</summary>
    public QueueCandidate? CandidateOf(AttemptId attempt) =>
        Running.Where(r => r.Attempts.Contains(attempt)).MinBy(r => r.Attempts.Count);

    public string ToJson() =>
        Running.Count + Provisional.Count == 0 && Obstacle is null
            ? ""
            : JsonSerializer.Serialize(this, QueueJson.Default.QueueActivity);

    public static QueueActivity Read(QueueLayout names)
    {
        try
        {
            return File.ReadAllText(names.ActivityFile) is { Length: > 0 } text
                ? JsonSerializer.Deserialize(text, QueueJson.Default.QueueActivity) ?? None
                : None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // There is none, or it is somebody else's text.
            return None;
        }
    }
}

/// <summary>An item that collides with others which have not landed.</summary>
/// <param name="Attempt">The item.</param>
/// <param name="Conflict">What collides.</param>
/// <param name="With">With whom.</param>
internal sealed record ProvisionalConflict(AttemptId Attempt, MergeConflict Conflict, IReadOnlyList<AttemptId> With)
{
    public ItemHold Reason =>
        new(
            MergeHoldReason.Conflict,
            $"it collides in {string.Join(", ", Conflict.Files.Select(f => f.Path))} with {(With.Count == 0 ? "work" : string.Join(", ", With))} ahead of it; decided when that has landed or left."
        );
}
