using System.Globalization;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The committed faults of tests/mutants do not rot: tests/mutants/run.sh can put each of them in, and run its test.</summary>
public sealed class MutantGates
{
    private const int Promises = 14;
    private const string Named = "Test: ";

    [IsolationFact]
    public async Task Every_promise_of_the_queue_has_a_fault_that_still_applies()
    {
        string[] patches = [.. Enumerable.Range(1, Promises).Select(PatchOf)];

        Assert.Equal(patches, Directory.EnumerateFiles(Project.At("tests", "mutants"), "*.patch").Order(StringComparer.Ordinal));
        foreach (string patch in patches)
        {
            // Throws with what git says.
            await ThrowawayRepository.GitInAsync(Project.Root, ["-c", $"safe.directory={Project.Root}", "apply", "--check", patch]);
        }
    }

    [IsolationFact]
    public async Task Every_fault_names_a_test_that_exists_and_the_table_names_it_too()
    {
        string[] tests = [.. RepositoryGates.Tests.Select(RepositoryGates.Named)];
        string table = await Sources.ReadAsync("tests/mutants/README.md");
        List<string> wrong = [];
        foreach (int promise in Enumerable.Range(1, Promises))
        {
            string test = (await File.ReadAllLinesAsync(PatchOf(promise))).Single(l => l.StartsWith(Named, StringComparison.Ordinal))[Named.Length..];
            string row = string.Create(CultureInfo.InvariantCulture, $"| I{promise:00} |");
            if (!tests.Contains(test) || !table.Split('\n').Any(l => l.StartsWith(row, StringComparison.Ordinal) && l.EndsWith($"`{test["Isolation.Sdk.Tests.".Length..]}` |", StringComparison.Ordinal)))
            {
                wrong.Add($"{row} {test}");
            }
        }

        Gate.HoldsUnless(wrong);
    }

    private static string PatchOf(int promise) => Project.At("tests", "mutants", string.Create(CultureInfo.InvariantCulture, $"I{promise:00}.patch"));
}
