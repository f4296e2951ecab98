using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Sdk.Monitoring;

internal static partial class WorkerLog
{
    private const int MaxLineLength = 1024 * 1024;

    // A torn or foreign line is skipped.
    public static IEnumerable<WorkerEvent> Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        while (reader.ReadLine() is { } line)
        {
            if (TryParse(line) is { } happened)
            {
                yield return happened;
            }
        }
    }

    public static WorkerStatus? ReadStatus(string path) =>
        Read(path).Aggregate((WorkerStatus?)null, (s, e) => WorkerStatus.Apply(s?.Attempt == e.Attempt ? s : null, e));

    public static byte[] Format(WorkerEvent e) =>
        [
            .. JsonSerializer.SerializeToUtf8Bytes(
                new Line(e.At, e.Attempt.Item, e.Attempt.Number, e.Kind, e.Stage, e.Phase, e.Branch, e.Text, e.Data),
                WorkerLogJson.Default.Line
            ),
            (byte)'\n',
        ];

    private static WorkerEvent? TryParse(string text)
    {
        try
        {
            return
                text.Length is > 0 and <= MaxLineLength
                && JsonSerializer.Deserialize(text, WorkerLogJson.Default.Line)
                    is { Item.Length: > 0, Attempt: > 0 } line
                ? new WorkerEvent(new AttemptId(line.Item, line.Attempt), line.Time, line.Kind)
                {
                    Stage = line.Stage,
                    Phase = line.Phase,
                    Branch = line.Branch,
                    Text = line.Text,
                    Data = line.Data,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Line(
        DateTimeOffset Time,
        string Item,
        int Attempt,
        WorkerEventKind Kind,
        Stage? Stage,
        string? Phase,
        string? Branch,
        string? Text,
        IReadOnlyDictionary<string, string>? Data
    );

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        UseStringEnumConverter = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
    )]
    [JsonSerializable(typeof(Line))]
    private sealed partial class WorkerLogJson : JsonSerializerContext;
}
