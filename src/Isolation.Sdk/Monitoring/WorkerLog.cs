using System.Text;
using System.Text.Json;

namespace Isolation.Sdk.Monitoring;

/// <summary>Reads a worker's log: JSON lines with time, item, attempt, kind, stage, phase, branch, text and data.</summary>
public static class WorkerLog
{
    private const int MaxLineLength = 1024 * 1024;

    /// <summary>Every event of a log, oldest first. A torn or foreign line is passed over.</summary>
    /// <param name="path">The log.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<WorkerEvent> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadFile(path);
    }

    /// <summary>The status that a log tells; the same as the live stream would.</summary>
    /// <param name="path">The log.</param>
    /// <returns>The status of its newest attempt; <see langword="null"/> when it holds no event.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static WorkerStatus? ReadStatus(string path) =>
        Read(path).Aggregate((WorkerStatus?)null, (s, e) => WorkerStatus.Apply(s?.Attempt == e.Attempt ? s : null, e));

    private static IEnumerable<WorkerEvent> ReadFile(string path)
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

    private static WorkerEvent? TryParse(string line)
    {
        if (line.Length is 0 or > MaxLineLength)
        {
            return null;
        }

        try
        {
            return
                JsonSerializer.Deserialize(line, WorkerLogJson.Default.WorkerLogLine)
                    is { Item.Length: > 0, Attempt: > 0 } read
                ? read.ToEvent()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
