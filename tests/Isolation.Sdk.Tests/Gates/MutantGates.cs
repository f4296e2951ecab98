using System.Globalization;
using System.Reflection;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The committed faults of tests/mutants do not rot: tests/mutants/run.sh can put each of them in, and run its
/// test.</summary>
public sealed class MutantGates
{
    private const int Promises = 14;
    private const string Named = "Test: ",
        Checked = "Check: ";

    // The queue's promises by number, the guarantees by name.
    private static readonly string[] Faults =
    [
        .. Enumerable.Range(1, Promises).Select(n => string.Create(CultureInfo.InvariantCulture, $"I{n:00}")),
        .. Enum.GetNames<IsolationGuarantees>().Where(n => n != nameof(IsolationGuarantees.None)),
    ];

    [IsolationFact]
    public async Task Every_promise_of_the_queue_and_every_guarantee_has_a_fault_that_still_applies()
    {
        string[] patches = [.. Faults.Select(PatchOf)];

        Assert.Equal(
            patches.Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Project.At("tests", "mutants"), "*.patch").Order(StringComparer.Ordinal)
        );
        foreach (string patch in patches)
        {
            // Throws with what git says.
            await ThrowawayRepository.GitInAsync(
                Project.Root,
                ["-c", $"safe.directory={Project.Root}", "apply", "--check", patch]
            );
        }
    }

    [IsolationFact]
    public async Task Every_fault_names_a_test_that_exists_and_the_table_names_it_too()
    {
        string[] tests = [.. RepositoryGates.Tests.Select(RepositoryGates.Named)];
        string table = await Sources.ReadAsync("tests/mutants/README.md");
        List<string> wrong = [];
        foreach (string fault in Faults)
        {
            string[] lines = await File.ReadAllLinesAsync(PatchOf(fault));
            string test = lines.Single(l => l.StartsWith(Named, StringComparison.Ordinal))[Named.Length..];
            string? check = lines
                .SingleOrDefault(l => l.StartsWith(Checked, StringComparison.Ordinal))
                ?[Checked.Length..];
            string row = $"| {fault} |",
                end = $"`{test["Isolation.Sdk.Tests.".Length..]}`{(check is null ? "" : $", `{check}`")} |";
            if (
                !tests.Contains(test)
                || (check is not null && !Checks.Contains(check))
                || !table
                    .Split('\n')
                    .Any(l => l.StartsWith(row, StringComparison.Ordinal) && l.EndsWith(end, StringComparison.Ordinal))
            )
            {
                wrong.Add($"{row} {test} {check}");
            }
        }

        Gate.HoldsUnless(wrong);
    }

    /// <summary>A guarantee's fault is found by the very check that proves it.</summary>
    [IsolationFact]
    public async Task Every_guarantees_fault_is_found_by_a_check_that_proves_it()
    {
        List<string> wrong = [];
        foreach (string name in Faults.Skip(Promises))
        {
            string text = await File.ReadAllTextAsync(PatchOf(name));
            if (
                !Proofs.Any(p =>
                    p.Proves == name
                    && (
                        text.Contains($"{Checked}{p.Check}\n", StringComparison.Ordinal)
                        || (
                            name == nameof(IsolationGuarantees.Resources)
                            && p.Check == nameof(StateSandboxConformance.Limits_hold)
                        )
                    )
                )
            )
            {
                wrong.Add(name);
            }
        }

        Gate.HoldsUnless(wrong);
    }

    private static IEnumerable<(string Check, string Proves)> Proofs =>
        typeof(StateSandboxConformance)
            .Assembly.GetTypes()
            .SelectMany(t => t.GetMethods())
            .Select(m => (m.Name, Mark: m.GetCustomAttribute<ConformanceAttribute>()))
            .Where(m => m.Mark is not null)
            .Select(m => (m.Name, m.Mark!.Proves.ToString()));

    private static IEnumerable<string> Checks => Proofs.Select(p => p.Check);

    private static string PatchOf(string fault) => Project.At("tests", "mutants", $"{fault}.patch");
}
