using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Guard;

// Says what changed in a file by its keys, values and lines: a fingerprint tells a person nothing.
internal static class ChangedSettings
{
    public const string File = "config";
    public const string Prefix = File + " ";
    private const int MaxLines = 3,
        MaxLine = 80;

    public static IReadOnlyList<SharedStateChange> Of(SharedStateChange file, string before, string after) =>
        file.What != File ? [file with { Said = Lines(file, before, after) }]
        : SharedSettings.Read(before) is { } old && SharedSettings.Read(after) is { } now
            ?
            [
                .. old
                    .Keys.Union(now.Keys)
                    .Where(k => old.GetValueOrDefault(k) != now.GetValueOrDefault(k))
                    .Select(k => Setting(file, k, old.GetValueOrDefault(k), now.GetValueOrDefault(k))),
            ]
        : [file];

    private static SharedStateChange Setting(SharedStateChange file, string key, string? before, string? after)
    {
        string Value(string value) => $"'{SharedSettings.Show(key, value)}'";
        string said =
            before is null ? $"was set to {Value(after!)}"
            : after is null ? $"was unset (was {Value(before)})"
            : $"changed from {Value(before)} to {Value(after)}";
        return new SharedStateChange(Prefix + key, before, after) { Said = $"{Prefix}{key} {said}", File = file };
    }

    private static string Lines(SharedStateChange file, string before, string after)
    {
        string[] old = before.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            now = after.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] changed =
        [
            .. now.Except(old).Select(l => $"+'{Line(l)}'"),
            .. old.Except(now).Select(l => $"-'{Line(l)}'"),
        ];
        string what =
            file.Before is null ? "appeared"
            : file.After is null ? "is gone"
            : "changed";
        string more = changed.Length > MaxLines ? $" and {changed.Length - MaxLines} more lines" : "";
        return changed.Length == 0
            ? $"{file.What} {what}"
            : $"{file.What} {what} ({string.Join(", ", changed.Take(MaxLines))}{more})";
    }

    private static string Line(string line) => PlainText.SingleLine(line.Trim(), MaxLine);
}
