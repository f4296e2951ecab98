using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>The suite of the workspaces passes unchanged for every way of filling that a file system has, for linked
/// worktrees and private clones.</summary>
public sealed class CheckoutMethodConformanceTests
{
    public static TheoryData<string, CheckoutMethod, bool> Everywhere
    {
        get
        {
            TheoryData<string, CheckoutMethod, bool> rows = [];
            foreach (
                (string fileSystem, CheckoutMethod[] fillings) in new[]
                {
                    ("tmpfs", new[] { CheckoutMethod.Copy, CheckoutMethod.Checkout }),
                    ("ext4", [CheckoutMethod.Auto, CheckoutMethod.Copy, CheckoutMethod.Checkout]),
                    ("xfs", [CheckoutMethod.Reflink, CheckoutMethod.Copy, CheckoutMethod.Checkout]),
                    (
                        "btrfs",
                        [CheckoutMethod.Snapshot, CheckoutMethod.Reflink, CheckoutMethod.Copy, CheckoutMethod.Checkout]
                    ),
                }
            )
            {
                foreach (CheckoutMethod filling in fillings)
                {
                    rows.Add(fileSystem, filling, false);
                    rows.Add(fileSystem, filling, true);
                }
            }

            return rows;
        }
    }

    // By git's own checkout it passes among the other suites: their repositories are small.
    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_suite_passes_for_copies_where_everything_else_is_tested(bool clones) =>
        PassesAsync(CheckoutMethod.Copy, clones, null, []);

    [IsolationTheory(Tools.Linux, Tools.Images, Tier = Tier.Ci, Timeout = 600_000)]
    [MemberData(nameof(Everywhere))]
    public Task The_suite_passes_on(string fileSystem, CheckoutMethod filling, bool clones) =>
        PassesAsync(
            filling,
            clones,
            new Dictionary<string, string?> { ["TMPDIR"] = Disk.Path },
            new Disk(fileSystem).Through
        );

    private static async Task PassesAsync(
        CheckoutMethod filling,
        bool clones,
        Dictionary<string, string?>? environment,
        string[] through
    )
    {
        HostAnswer answer = await HostProcess.AskOnceAsync(
            new HostRequest("") { Conformance = new ConformanceRequest(filling.ToString()) { Clones = clones } },
            environment,
            through
        );

        Assert.NotEmpty(answer.Checks);
        string[] failures = [.. answer.Checks.Where(c => c.Failure is not null).Select(c => $"{c.Name}: {c.Failure}")];
        Assert.True(failures.Length == 0, string.Join('\n', failures));

        // A way that is named is the way it was, from the first workspace on; the suite's repositories are too small
        // for anything but git's own by itself.
        Assert.Equal(
            [(filling == CheckoutMethod.Auto ? CheckoutMethod.Checkout : filling).ToString()],
            answer.MethodsUsed
        );
    }
}
