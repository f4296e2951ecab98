using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>
/// One signed JSON line a run, on the disk before anything lands by it. The key is a file of this user: the signature
/// stops a mistake, not a thief.
/// </summary>
internal sealed class GateLog(string folder, QueueLayout names)
{
    public const long MaxBytes = 4 * 1024 * 1024;

    private const int KeyBytes = 32;
    private const int NewestKept = 1000;
    private const int PassesKept = 5000;
    private readonly Lock _gate = new();
    private bool _torn;

    private string FileName => Path.Combine(folder, names.QueueSlug + ".gates.jsonl");

    public IReadOnlyList<GateLogLine> Read()
    {
        lock (_gate)
        {
            byte[] key = OpenKey();
            if (!File.Exists(FileName))
            {
                return [];
            }

            byte[] bytes = File.ReadAllBytes(FileName);
            _torn = bytes.Length > 0 && bytes[^1] != (byte)'\n';
            List<GateLogLine> lines = Lines(bytes, key);
            return bytes.Length > MaxBytes ? Shorten(lines) : lines;
        }
    }

    public IReadOnlyList<GateLogLine> Peek()
    {
        try
        {
            return TryReadKey() is { } key && File.Exists(FileName) ? Lines(File.ReadAllBytes(FileName), key) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public void Append(GateLogLine line)
    {
        lock (_gate)
        {
            string text = Write(line with { Signature = Sign(line, OpenKey()) });
            Directory.CreateDirectory(folder);
            using FileStream file = new(FileName, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);

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
        List<GateLogLine> kept = [.. Enumerable.Reverse(lines).Where(IsKept).Reverse()];
        AtomicFile.Write(FileName, Encoding.UTF8.GetBytes(string.Concat(kept.Select(Write))));
        _torn = false;
        return kept;

        bool IsKept(GateLogLine line, int age)
        {
            bool pass =
                line.Verdict == GateVerdict.Pass
                && trees.Count < PassesKept
                && trees.Add((line.Tree, line.Gate, line.Environment));
            return pass || age < NewestKept;
        }
    }

    private byte[]? TryReadKey() =>
        File.Exists(names.GateKey) && File.ReadAllBytes(names.GateKey) is { Length: KeyBytes } key ? key : null;

    private byte[] OpenKey()
    {
        if (TryReadKey() is { } present)
        {
            return present;
        }

        byte[] key = RandomNumberGenerator.GetBytes(KeyBytes);
        AtomicFile.Write(names.GateKey, key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(names.GateKey, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return key;
    }

    private static List<GateLogLine> Lines(byte[] bytes, byte[] key) =>
        [
            .. Encoding
                .UTF8.GetString(bytes)
                .Split('\n')
                .Select(l => QueueJson.TryRead(l, QueueJson.Default.GateLogLine))
                .OfType<GateLogLine>()
                .Where(l => l.Signature == Sign(l, key)),
        ];

    private static string Sign(GateLogLine line, byte[] key) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(
                key,
                JsonSerializer.SerializeToUtf8Bytes(line with { Signature = null }, QueueJson.Default.GateLogLine)
            )
        )[..32];

    private static string Write(GateLogLine line) =>
        JsonSerializer.Serialize(line, QueueJson.Default.GateLogLine) + "\n";
}

internal sealed record GateLogLine(
    DateTimeOffset At,
    int Run,
    string Tree,
    string Commit,
    GateVerdict Verdict,
    double Milliseconds
)
{
    public IReadOnlyList<string> Attempts { get; init; } = [];

    public string Gate { get; init; } = "";

    public string Environment { get; init; } = "";

    public int Concurrency { get; init; } = 1;

    public bool Flaky { get; init; }

    public string? Command { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }

    public string? Log { get; init; }

    public string? Signature { get; init; }

    public static GateLogLine Of(GateResult result, QueueCandidate candidate, DateTimeOffset at, int number) =>
        new(at, number, candidate.Tree, candidate.Commit, result.Verdict, result.Elapsed.TotalMilliseconds)
        {
            Attempts = [.. candidate.Attempts.Select(LandingMessage.Name)],
            Flaky = result.Flaky,
            Command = result.Command,
            ExitCode = result.ExitCode,
            Reason = result.Reason,
            Log = result.LogFile,
        };

    public GateResult ToResult() =>
        new(Verdict, Tree, TimeSpan.FromMilliseconds(Milliseconds))
        {
            Command = Command,
            ExitCode = ExitCode,
            Reason = Reason,
            LogFile = Log,
            Flaky = Flaky,
        };
}
