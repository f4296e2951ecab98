using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

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
        StringBuilder message = new();
        message.Append(
            CultureInfo.InvariantCulture,
            $"{verb} {names}{(Items.Count > MaxNamed ? $" and {Items.Count - MaxNamed} more" : "")}\n\n"
        );
        message.Append(CultureInfo.InvariantCulture, $"{Target} {Old}..{New}\n");
        message.Append(Note is null ? "" : Note + "\n").Append('\n');
        message.Append(JsonSerializer.Serialize(this, JournalJson.Default.JournalEntry)).Append("\n\n");
        foreach (JournalItem item in Items)
        {
            message
                .Append(LandingMessage.AttemptTrailer)
                .Append(": ")
                .Append(LandingMessage.Name(item.Attempt))
                .Append('\n');
        }

        return message.ToString();
    }

    public static JournalEntry? Parse(string message)
    {
        try
        {
            return message.Split('\n').FirstOrDefault(l => l.StartsWith('{')) is { } json
                ? JsonSerializer.Deserialize(json, JournalJson.Default.JournalEntry)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
