using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

// {{name}} stands for {name}; other braces (JSON, say) are text.
internal static partial class PlaceholderTemplate
{
    // PostgreSQL cuts names after 63 bytes, and hosts put something before this one.
    private const int MaxIdLength = 32;
    private const string Port = "port:";
    private static readonly string[] Names =
    [
        "attempt",
        "briefing",
        "home",
        "instructions",
        "item",
        "title",
        "tmp",
        "worker",
        "worker_id",
        "workspace",
    ];

    public static IEnumerable<IsolationFault> Check(
        string template,
        string where,
        IEnumerable<string>? ports,
        string code = SandboxCodes.BadTemplate
    ) =>
        Placeholder()
            .Matches(template)
            .Where(m => m.Groups["name"].Success)
            .Select(m => m.Groups["name"].Value)
            .Where(name =>
                !Names.Contains(name)
                && !(
                    name.StartsWith(Port, StringComparison.Ordinal)
                    && name.Length > Port.Length
                    && (ports is null || ports.Contains(name[Port.Length..]))
                )
            )
            .Select(name => Unknown(name, where, code));

    public static string Fill(
        string template,
        IReadOnlyDictionary<string, string> values,
        string where,
        string code = SandboxCodes.BadTemplate
    ) =>
        Placeholder()
            .Replace(template, m => !m.Groups["name"].Success ? m.Value[1..^1]
                : values.TryGetValue(m.Groups["name"].Value, out string? value) ? value
                : throw new IsolationException(Unknown(m.Groups["name"].Value, where, code)));

    public static Dictionary<string, string> Values(
        AttemptId attempt,
        WorkItem? item,
        string workspace,
        string home,
        string temp,
        IReadOnlyDictionary<string, int> ports
    )
    {
        Dictionary<string, string> values = new()
        {
            ["attempt"] = attempt.ToString(),
            ["briefing"] = Path.Combine(temp, "briefing.md"),
            ["home"] = home,
            ["instructions"] = item?.Instructions ?? "",
            ["item"] = attempt.Item,
            ["title"] = item?.Title ?? "",
            ["tmp"] = temp,
            ["worker"] = AttemptNames.FileName(attempt),
            ["worker_id"] = WorkerId(attempt),
            ["workspace"] = workspace,
        };
        foreach ((string name, int port) in ports)
        {
            values[Port + name] = port.ToString(CultureInfo.InvariantCulture);
        }

        return values;
    }

    // For an SQL name or the like: lower-case letters, digits and underscores, a letter first, a hash if the id has
    // anything else.
    public static string WorkerId(AttemptId attempt)
    {
        string plain = string.Concat(
            attempt
                .Item.ToLowerInvariant()
                .Take(MaxIdLength)
                .Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '_')
        );
        string id = string.Create(
            CultureInfo.InvariantCulture,
            $"{(plain.Length > 0 && char.IsAsciiLetter(plain[0]) ? "" : "w")}{plain}_{attempt.Number}"
        );
        return id.StartsWith(attempt.Item + "_", StringComparison.Ordinal) && !plain.Contains('_')
            ? id
            : id
                + "_"
                + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AttemptNames.FileName(attempt))))[
                    ..8
                ];
    }

    private static IsolationFault Unknown(string name, string where, string code) =>
        new(
            code,
            $"{where} has an unknown placeholder {{{name}}}.",
            $"Use {string.Join(", ", Names.Select(n => $"{{{n}}}"))}, or {{port:name}} for a port in the "
                + $"sandbox's Ports. Write {{{{{name}}}}} for the text itself."
        );

    [GeneratedRegex("""\{\{[a-z_]+(?::[^{}"\s]*)?\}\}|\{(?<name>[a-z_]+(?::[^{}"\s]*)?)\}""")]
    private static partial Regex Placeholder();
}
