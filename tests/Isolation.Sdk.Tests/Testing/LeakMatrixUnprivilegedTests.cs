using Isolation.Sdk.Leaks;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Sandbox;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>The channels of files and processes are as closed for an ordinary user's workers as for root's.</summary>
public sealed class LeakMatrixUnprivilegedTests
{
    // A small disk to fill is root's to make.
    private const string Rows = "Rows.Where(row => row.Id[0] is 'F' or 'P' && row.Id != \"F07\")";

    [IsolationTheory(
        Tools.Root,
        Tools.Landlock,
        Tools.Bubblewrap,
        Tools.Marks,
        "setpriv",
        Tier = Tier.Ci,
        Timeout = 300_000
    )]
    [InlineData("Cooperative")]
    [InlineData("Restricted")]
    [InlineData("Sealed")]
    public async Task At(string level)
    {
        using TestHost host = new(
            $$"""
            using Isolation.Sdk.Leaks;
            foreach (LeakRow row in LeakMatrix.{{Rows}})
            {
                LeakObservation seen = await LeakMatrix.TryAsync(row, SandboxLevel.{{level}});
                Console.WriteLine(seen.IsAsExpected ? $"{row.Id} as expected" : seen);
            }
            """
        );

        string said = await host.RunAsync(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);

        string[] lines = said.Split('\n');
        Assert.True(
            lines.Length > 1 && lines.All(line => line.EndsWith(" as expected", StringComparison.Ordinal)),
            said
        );
    }
}
