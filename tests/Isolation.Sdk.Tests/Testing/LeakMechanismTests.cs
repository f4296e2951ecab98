using Isolation.Sdk.IO;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>Each seal holds something that nothing else does: without it, channels are open again that the matrix says
/// are sealed.</summary>
public sealed class LeakMechanismTests
{
    private static readonly (string Without, SandboxLevel Level, string[] Rows)[] Seals =
    [
        ("Environment", SandboxLevel.Cooperative, ["P01", "P19"]),
        ("Start", SandboxLevel.Cooperative, ["P05", "P06", "P13", "P14", "P15"]),
        ("Barriers", SandboxLevel.Cooperative, ["W01", "W02", "W04", "W07"]),
        ("Flow", SandboxLevel.Cooperative, ["N01", "N03", "N08", "N09"]),
        (
            "Landlock",
            SandboxLevel.Restricted,
            ["F01", "F02", "F03", "F04", "F05", "P02", "P03", "P04", "P07", "P09", "P10", "P11", "P12"]
        ),
        ("Seccomp", SandboxLevel.Restricted, ["P04", "P10", "P17"]),
        ("Namespaces", SandboxLevel.Sealed, ["P04", "P07", "P09", "P18"]),
        ("Namespaces, Seccomp", SandboxLevel.Sealed, ["P10"]),
    ];

    // A private clone and Landlock both keep the repository's own folder out of reach: with either of them alone, these
    // stay sealed.
    private static readonly string[] OfClones = ["G11", "G12", "G13", "G25"];

    public static TheoryData<string, SandboxLevel, string> Removed
    {
        get
        {
            TheoryData<string, SandboxLevel, string> data = [];
            foreach ((string without, SandboxLevel level, string[] rows) in Seals)
            {
                Array.ForEach(rows, row => data.Add(without, level, row));
            }

            return data;
        }
    }

    public static TheoryData<string> Clones => [.. OfClones];

    [IsolationTheory(Tools.Landlock, Tools.Bubblewrap, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Removed))]
    public async Task Without_its_seal_a_channel_is_open_again(string without, SandboxLevel level, string id)
    {
        LeakObservation seen = await TryAsync(id, level, without);

        Assert.Equal(LeakOutcome.Sealed, Row(id).ExpectedAt(level).Outcome);
        Assert.True(GotThrough(seen), seen.ToString());
    }

    // Landlock lets a process look into others that has the capability to, and only root's ever have it.
    [IsolationFact(Tools.Landlock, Tools.Root, Tier = Tier.Ci, Timeout = 180_000)]
    public Task Without_dropped_capabilities_an_environment_is_open_again() =>
        Without_its_seal_a_channel_is_open_again("Capabilities", SandboxLevel.Restricted, "P02");

    [IsolationTheory(Tools.Landlock, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Clones))]
    public async Task A_private_clone_alone_holds_what_a_worktree_does_not(string id)
    {
        LeakObservation clone = await TryAsync(id, SandboxLevel.Restricted, "Landlock, Seccomp, Capabilities"),
            worktree = await TryAsync(id, SandboxLevel.Restricted, "Landlock, Seccomp, Capabilities, Clones");

        Assert.Equal(LeakOutcome.Sealed, clone.Observed);
        Assert.True(GotThrough(worktree), worktree.ToString());
    }

    private static LeakRow Row(string id) => LeakMatrix.Rows.Single(r => r.Id == id);

    private static bool GotThrough(LeakObservation seen) => seen.Observed is LeakOutcome.Leak or LeakOutcome.Detected;

    private static Task<LeakObservation> TryAsync(string id, SandboxLevel level, string without) =>
        LeakMatrix.TryAsync(Row(id), SetupOf(level, Enum.Parse<LeakMechanisms>(without)), default);

    private static LeakSetup SetupOf(SandboxLevel level, LeakMechanisms disabled)
    {
        // The first four bits of both are the same parts.
        ConfinementParts parts = ConfinementParts.All & ~(ConfinementParts)(int)disabled;
        return new LeakSetup(level, disabled)
        {
            Compose = (builder, useHost) =>
            {
                Action<ProcessSandboxOptions> configure = useHost + (o => o.Parts = parts);
                _ =
                    level == SandboxLevel.Restricted ? builder.Sandbox.UseRestricted(configure)
                    : level == SandboxLevel.Sealed ? builder.Sandbox.UseSealed(configure)
                    : builder;
                if (disabled.HasFlag(LeakMechanisms.Clones))
                {
                    builder.Workspaces.Use(
                        services => new GitWorktreeProvider(
                            new WorkspaceOptions(),
                            services.GetRequiredService<TimeProvider>(),
                            services.GetService<WorkersDirectory>()
                        ),
                        level
                    );
                }
            },
            BeforeProbe = workers =>
            {
                foreach (string name in disabled.HasFlag(LeakMechanisms.Barriers) ? BarrierFiles.Names : [])
                {
                    SafeDelete.DeleteTree(Path.Combine(workers, name));
                }
            },
        };
    }
}
