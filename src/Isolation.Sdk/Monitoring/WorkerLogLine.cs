using System.Text.Json.Serialization;

namespace Isolation.Sdk.Monitoring;

/// <summary>An event as it is in a log.</summary>
internal sealed record WorkerLogLine(DateTimeOffset Time, string Item, int Attempt, WorkerEventKind Kind)
{
    public Stage? Stage { get; init; }

    public string? Phase { get; init; }

    public string? Branch { get; init; }

    public string? Text { get; init; }

    public IReadOnlyDictionary<string, string>? Data { get; init; }

    public static WorkerLogLine Of(WorkerEvent e) =>
        new(e.At, e.Attempt.Item, e.Attempt.Number, e.Kind)
        {
            Stage = e.Stage,
            Phase = e.Phase,
            Branch = e.Branch,
            Text = e.Text,
            Data = e.Data,
        };

    public WorkerEvent ToEvent() =>
        new(new AttemptId(Item, Attempt), Time, Kind)
        {
            Stage = Stage,
            Phase = Phase,
            Branch = Branch,
            Text = Text,
            Data = Data,
        };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(WorkerLogLine))]
internal sealed partial class WorkerLogJson : JsonSerializerContext;
