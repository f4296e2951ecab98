using System.Text.RegularExpressions;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>What holds for every source file.</summary>
public sealed partial class SourceGates
{
    [IsolationFact]
    public async Task Codes_are_spelled_in_their_own_files_only()
    {
        List<string> literals = [];
        foreach (
            string path in (await Sources.LibraryAsync()).Where(p => !p.EndsWith("Codes.cs", StringComparison.Ordinal))
        )
        {
            literals.AddRange(CodeLiteral().Matches(await Sources.ReadAsync(path)).Select(m => $"{path}: {m.Value}"));
        }

        Gate.HoldsUnless(literals);
    }

    [IsolationFact]
    public async Task Warnings_are_silenced_locally_and_with_a_reason()
    {
        List<string> silenced = [];
        foreach (string path in await Sources.AllAsync())
        {
            silenced.AddRange(Silenced(path, await Sources.ReadAsync(path)));
        }

        Gate.HoldsUnless(silenced);
    }

    [IsolationFact]
    public void A_silenced_warning_is_found()
    {
        Assert.Single(Silenced("a.csproj", "<" + "NoWarn>CS1591</" + "NoWarn>"));
        Assert.Single(Silenced("a.cs", "#pragma " + "warning disable CA1822\n"));
        Assert.Empty(Silenced("a.cs", "#pragma " + "warning disable CA1822 // a reason\n"));
    }

    [IsolationFact]
    public async Task No_file_names_a_machine()
    {
        List<string> named = [];
        foreach (string path in await Sources.AllAsync())
        {
            string text = await Sources.ReadAsync(path);
            named.AddRange(
                MachineNames().Where(n => text.Contains(n, StringComparison.Ordinal)).Select(n => $"{path}: {n}")
            );
        }

        Gate.HoldsUnless(named);
    }

    private static IEnumerable<string> Silenced(string path, string text) =>
        Path.GetExtension(path) switch
        {
            ".cs" => UnreasonedPragma().Matches(text).Select(m => $"{path}: {m.Value.Trim()}"),
            ".csproj" or ".props" or ".targets" => NoWarn().Matches(text).Select(m => $"{path}: {m.Value}"),
            _ => [],
        };

    private static IEnumerable<string> MachineNames()
    {
        // Absolute, unlike a workspace's own "work" folder.
        foreach (string before in new[] { "\"", "'", " ", "`", "(", "=", "\n" })
        {
            yield return before + "/wo" + "rk/";
        }

        yield return Project.Root + "/";
        if (Environment.MachineName.Length >= 8)
        {
            yield return Environment.MachineName;
        }
    }

    [GeneratedRegex("\"ISO\\d{4}\"")]
    private static partial Regex CodeLiteral();

    [GeneratedRegex(@"^\s*#pragma warning disable [\w, ]*\r?$", RegexOptions.Multiline)]
    private static partial Regex UnreasonedPragma();

    [GeneratedRegex("<NoWarn>")]
    private static partial Regex NoWarn();
}
