using System.Text.Json;

namespace Isolation.Sdk.Runners;

internal sealed record RunnerReport(string Kind, string Text)
{
    public RunResult? Result { get; init; }

    private static readonly string[] Kinds = ["phase", "progress", "blocked", "handoff", "comment"];

    // Every property that is known is one report, so one line may say several things.
    public static IReadOnlyList<RunnerReport>? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            Utf8JsonReader reader = new(line, new JsonReaderOptions { MaxDepth = 8 });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (reader.Read() || document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            JsonElement root = document.RootElement;
            List<RunnerReport> reports =
            [
                .. Kinds.Where(k => StringAt(root, k) is not null).Select(k => new RunnerReport(k, StringAt(root, k)!)),
            ];
            if (root.TryGetProperty("result", out _))
            {
                if (ReadResult(root) is not { } result)
                {
                    return null;
                }

                reports.Add(new RunnerReport("result", "") { Result = result });
            }

            return reports.Count > 0 ? reports : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string that is not Unicode.
            return null;
        }
    }

    private static RunResult? ReadResult(JsonElement root)
    {
        string? reason = StringAt(root, "reason");
        return StringAt(root, "result") switch
        {
            "done" => new RunResult.Done(reason),
            "failed" => new RunResult.Failed(
                reason ?? "The runner gave no reason.",
                !(root.TryGetProperty("retryable", out JsonElement r) && r.ValueKind == JsonValueKind.False)
            ),
            "blocked" when Items(root) is { Length: > 0 } items => new RunResult.BlockedOn(items),
            "suspended" => new RunResult.Suspended(
                reason ?? "The runner gave no reason.",
                StringAt(root, "resumeToken") ?? ""
            ),
            _ => null,
        };
    }

    private static string? StringAt(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string[]? Items(JsonElement root) =>
        root.TryGetProperty("items", out JsonElement items)
        && items.ValueKind == JsonValueKind.Array
        && items.EnumerateArray().All(i => i.ValueKind == JsonValueKind.String)
            ? [.. items.EnumerateArray().Select(i => i.GetString()!)]
            : null;
}
