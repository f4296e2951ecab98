using System.Text;
using System.Text.Json;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>The queue's gate log: one sealed JSON line a run, on the disk before anything lands by it. Only ever appended to, but for a queue that opens and finds it grown too long.</summary>
/// <param name="folder">Where logs of gates are.</param>
/// <param name="names">The queue.</param>
internal sealed class GateLog(string folder, QueueLayout names)
{
    /// <summary>A longer log is shortened when the next queue opens.</summary>
    public const long MaxBytes = 4 * 1024 * 1024;

    private const int NewestKept = 1000;
    private const int PassesKept = 5000;
    private readonly Lock _gate = new();
    private GateLogSigner? _seal;
    private bool _torn;

    private string Path => System.IO.Path.Combine(folder, names.QueueSlug + ".gates.jsonl");

    /// <summary>Every line that a queue of this repository wrote whole, oldest first.</summary>
    public IReadOnlyList<GateLogLine> Read()
    {
        lock (_gate)
        {
            GateLogSigner seal = _seal = GateLogSigner.Open(names);
            if (!File.Exists(Path))
            {
                return [];
            }

            byte[] bytes = File.ReadAllBytes(Path);
            _torn = bytes.Length > 0 && bytes[^1] != (byte)'\n';
            List<GateLogLine> lines = Lines(bytes, seal);
            return bytes.Length > MaxBytes ? Shorten(lines) : lines;
        }
    }

    /// <summary>The same for who only passes by: nothing is shortened, and no key made.</summary>
    public IReadOnlyList<GateLogLine> Peek()
    {
        try
        {
            return GateLogSigner.TryOpen(names) is { } seal && File.Exists(Path)
                ? Lines(File.ReadAllBytes(Path), seal)
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or it went a moment ago.
            return [];
        }
    }

    public void Append(GateLogLine line)
    {
        lock (_gate)
        {
            _seal ??= GateLogSigner.Open(names);
            string text = Write(_seal.Sign(line));
            Directory.CreateDirectory(folder);
            using FileStream file = new(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);

            // What a killed process wrote half stays half, and must not take this line with it.
            file.Write(Encoding.UTF8.GetBytes(_torn ? "\n" + text : text));
            _torn = true;
            file.Flush(flushToDisk: true);
            _torn = false;
        }
    }

    private List<GateLogLine> Shorten(List<GateLogLine> lines)
    {
        HashSet<(string, string, string)> trees = [];
        List<GateLogLine> kept = [];
        for (int i = lines.Count - 1; i >= 0; i--)
        {
            bool pass =
                lines[i].Verdict == GateVerdict.Pass
                && trees.Count < PassesKept
                && trees.Add((lines[i].Tree, lines[i].Gate, lines[i].Environment));
            if (pass || lines.Count - i <= NewestKept)
            {
                kept.Add(lines[i]);
            }
        }

        kept.Reverse();
        AtomicFile.Write(Path, Encoding.UTF8.GetBytes(string.Concat(kept.Select(Write))));
        _torn = false;
        return kept;
    }

    private static List<GateLogLine> Lines(byte[] bytes, GateLogSigner seal) =>
        [.. Encoding.UTF8.GetString(bytes).Split('\n').Select(Parse).OfType<GateLogLine>().Where(seal.IsValid)];

    private static string Write(GateLogLine line) =>
        JsonSerializer.Serialize(line, QueueJson.Default.GateLogLine) + "\n";

    private static GateLogLine? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonSerializer.Deserialize(text, QueueJson.Default.GateLogLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
