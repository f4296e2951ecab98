using System.Diagnostics;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>A stranger clones the project and types one command.</summary>
public sealed class FreshCloneTests
{
    [IsolationFact(Tier = Tier.Ci, Timeout = 600_000)]
    public async Task Dotnet_test_works_on_a_fresh_clone()
    {
        await using ThrowawayRepository place = await ThrowawayRepository.CreateAsync();
        string clone = Path.Combine(place.Root, "clone");
        await ThrowawayRepository.GitInAsync(
            place.Root,
            ["-c", "safe.directory=*", "clone", "-q", "--no-local", Project.Root, clone]
        );

        // One class stands for all: that everything else passes is what the run around this test says.
        ProcessStartInfo start = new(
            "dotnet",
            ["test", "Isolation.Sdk.sln", "--filter", "FullyQualifiedName~InfrastructureTests", "--nologo"]
        )
        {
            WorkingDirectory = clone,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (
            string name in start
                .Environment.Keys.Where(k =>
                    k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
                    || k.StartsWith("ISOLATION_", StringComparison.Ordinal)
                    || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
                )
                .ToArray()
        )
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process test = Process.Start(start)!;
        test.StandardInput.Close();
        Task<string> error = test.StandardError.ReadToEndAsync();
        string output = await test.StandardOutput.ReadToEndAsync();
        await test.WaitForExitAsync();

        Assert.True(test.ExitCode == 0, output + await error);
        Assert.Contains("Passed!", output, StringComparison.Ordinal);
        Assert.Equal("", await ThrowawayRepository.GitInAsync(clone, ["status", "--porcelain"]));
    }
}
