using System.Globalization;
using System.Text.RegularExpressions;

namespace Isolation.Sdk.Runners;

/// <summary>A command with placeholders. Values are put in after the arguments were told apart, so a value is always part of one argument and never looked at by a shell.</summary>
internal sealed partial class CommandTemplate(string file, IReadOnlyList<string> arguments)
{
    private static readonly string[] Names =
    [
        "instructions",
        "briefing",
        "workspace",
        "attempt",
        "item",
        "title",
        "tmp",
    ];

    /// <summary>What is wrong with a template, before anything runs.</summary>
    public static IReadOnlyList<IsolationFault> Check(string? file, IReadOnlyList<string>? arguments)
    {
        List<IsolationFault> faults = [];
        if (
            string.IsNullOrWhiteSpace(file)
            || file.Contains('\0')
            || arguments?.Any(a => a is null || a.Contains('\0')) == true
        )
        {
            faults.Add(
                new IsolationFault(
                    RunningCodes.EmptyCommand,
                    "The runner's command is empty or holds a NUL character.",
                    "Give a program and its arguments, for example RunProcess(\"claude\", \"-p\", \"{instructions}\")."
                )
            );
        }

        foreach (
            Match unknown in (arguments ?? [])
                .Prepend(file)
                .OfType<string>()
                .SelectMany(a => Placeholder().Matches(a))
                .Where(m => !IsKnown(m.Groups[1].Value))
        )
        {
            faults.Add(
                new IsolationFault(
                    RunningCodes.UnknownPlaceholder,
                    $"The runner's command has an unknown placeholder {unknown.Value}.",
                    $"Use {string.Join(", ", Names.Select(n => $"{{{n}}}"))} or {{port:name}}; write {{{{ and }}}} for braces."
                )
            );
        }

        return faults;
    }

    /// <summary>The program and its arguments for one worker.</summary>
    public (string File, string[] Arguments) Fill(IsolatedWorker worker)
    {
        string Put(string text) =>
            Placeholder().Replace(text, m => m.Groups[1].Success ? Value(worker, m.Groups[1].Value) : m.Value[..1]);
        return (Put(file), [.. arguments.Select(Put)]);
    }

    // Doubled braces stand for themselves; other braces (JSON, say) are left alone unless they look like a placeholder.
    [GeneratedRegex(@"\{\{|\}\}|\{([a-z]+(?::[A-Za-z0-9_.-]+)?)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    private static bool IsKnown(string name) =>
        name.Length == 0
        || Names.Contains(name, StringComparer.Ordinal)
        || (name.StartsWith("port:", StringComparison.Ordinal) && name.Length > 5);

    private static string Value(IsolatedWorker worker, string name) =>
        name switch
        {
            "instructions" => worker.Item.Instructions,
            "briefing" => worker.Context.BriefingFile,
            "workspace" => worker.Workspace.Path,
            "attempt" => worker.Id.ToString(),
            "item" => worker.Item.Id,
            "title" => worker.Item.Title,
            "tmp" => worker.State.Temp,
            _ => Port(worker, name["port:".Length..]).ToString(CultureInfo.InvariantCulture),
        };

    private static int Port(IsolatedWorker worker, string name) =>
        worker.State.Ports.TryGetValue(name, out int port)
            ? port
            : throw new IsolationException(
                RunningCodes.UnknownPort,
                $"The runner's command asks for port '{name}', and the worker's state has none of that name.",
                "Lease it in the state sandbox's options."
            )
            {
                Attempt = worker.Id,
            };
}
