using System.Text.Json;

namespace Isolation.Sdk.Merging;

internal enum JournalState
{
    Intent,

    Landed,

    Dropped,
}

internal sealed record JournalItem(AttemptId Attempt, string Head, string Record, string Commit)
{
    public string? Branch { get; init; }

    public string? Tested { get; init; }
}

internal sealed record JournalEntry(
    JournalState State,
    string Target,
    string Old,
    string New,
    IReadOnlyList<JournalItem> Items
)
{
    private const int MaxNamed = 5;

    public string? Remote { get; init; }

    public string? Note { get; init; }

    public string ToMessage()
    {
        string verb = State switch
        {
            JournalState.Intent => "About to land",
            JournalState.Landed => "Landed",
            _ => "Did not land",
        };
        string names = string.Join(", ", Items.Take(MaxNamed).Select(i => LandingMessage.Name(i.Attempt)));
        string more = Items.Count > MaxNamed ? $" and {Items.Count - MaxNamed} more" : "";
        string note = Note is null ? "" : Note + "\n";
        string json = JsonSerializer.Serialize(this, QueueJson.Default.JournalEntry);
        string trailers = string.Concat(
            Items.Select(i => LandingMessage.Trailer(LandingMessage.AttemptTrailer, LandingMessage.Name(i.Attempt)))
        );
        return $"{verb} {names}{more}\n\n{Target} {Old}..{New}\n{note}\n{json}\n\n{trailers}";
    }

    public static JournalEntry? Parse(string message) =>
        QueueJson.TryRead(message.Split('\n').FirstOrDefault(l => l.StartsWith('{')), QueueJson.Default.JournalEntry);
}
