using System.Globalization;
using System.Text.RegularExpressions;

namespace Isolation.Sdk.Sandbox;

/// <summary>Values with <c>{worker}</c>, <c>{workspace}</c>, <c>{home}</c>, <c>{tmp}</c> and <c>{port:name}</c>. Other braces (JSON, say) are text; another word in braces is a fault.</summary>
internal static partial class ValueTemplate
{
    private static readonly string[] Words = ["worker", "workspace", "home", "tmp"];

    public static string Fill(
        string template,
        string worker,
        string workspace,
        string home,
        string temp,
        IReadOnlyDictionary<string, int> ports
    ) =>
        Placeholder()
            .Replace(template, match => match.Groups[1].Value switch
                {
                    "worker" => worker,
                    "workspace" => workspace,
                    "home" => home,
                    "tmp" => temp,
                    _ when PortName(match) is { } name && ports.TryGetValue(name, out int port) => port.ToString(
                        CultureInfo.InvariantCulture
                    ),
                    _ => throw new IsolationException(Unknown(template, match.Value)),
                });

    /// <summary>What is wrong with a template, before any worker is there.</summary>
    public static IEnumerable<IsolationFault> Check(string template, IReadOnlyList<string> ports) =>
        Placeholder()
            .Matches(template)
            .Where(match =>
                !Words.Contains(match.Groups[1].Value, StringComparer.Ordinal)
                && !(PortName(match) is { } name && ports.Contains(name, StringComparer.Ordinal))
            )
            .Select(match => Unknown(template, match.Value));

    private static string? PortName(Match match) =>
        match.Groups[1].Value.StartsWith("port:", StringComparison.Ordinal)
            ? match.Groups[1].Value["port:".Length..]
            : null;

    private static IsolationFault Unknown(string template, string placeholder) =>
        new(
            SandboxCodes.BadTemplate,
            $"'{placeholder}' in '{template}' stands for nothing.",
            "Use {worker}, {workspace}, {home}, {tmp}, or {port:name} with a port that was asked for by Port(name)."
        );

    [GeneratedRegex(@"\{([A-Za-z_]+(?::[^{}""\s]*)?)\}")]
    private static partial Regex Placeholder();
}
