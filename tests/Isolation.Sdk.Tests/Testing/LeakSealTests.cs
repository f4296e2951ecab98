using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>Each seal holds something that nothing else does: without it, channels are open again that the matrix says are sealed.</summary>
public sealed class LeakSealTests
{
    private static readonly (string Without, SealLevel Level, string[] Rows)[] Seals =
    [
        ("Environment", SealLevel.Cooperative, ["P01", "P19"]),
        ("Start", SealLevel.Cooperative, ["P05", "P06", "P13", "P14", "P15"]),
        ("Barriers", SealLevel.Cooperative, ["W01", "W02", "W04", "W07"]),
        ("Flow", SealLevel.Cooperative, ["N01", "N03", "N08", "N09"]),
        (
            "Landlock",
            SealLevel.Guarded,
            ["F01", "F02", "F03", "F04", "F05", "P02", "P03", "P04", "P07", "P09", "P10", "P11", "P12"]
        ),
        ("Seccomp", SealLevel.Guarded, ["P04", "P10", "P17"]),
        ("Namespaces", SealLevel.Sealed, ["P04", "P07", "P09", "P18"]),
        ("Namespaces, Seccomp", SealLevel.Sealed, ["P10"]),
    ];

    // A private clone and Landlock both keep the repository's own folder out of reach: with either of them alone, these stay sealed.
    private static readonly string[] OfClones = ["G11", "G12", "G13", "G25"];

    public static TheoryData<string, SealLevel, string> Removed
    {
        get
        {
            TheoryData<string, SealLevel, string> data = [];
            foreach ((string without, SealLevel level, string[] rows) in Seals)
            {
                Array.ForEach(rows, row => data.Add(without, level, row));
            }

            return data;
        }
    }

    public static TheoryData<string> Clones => [.. OfClones];

    [IsolationTheory(Tools.Landlock, Tools.Bubblewrap, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Removed))]
    public async Task Without_its_seal_a_channel_is_open_again(string without, SealLevel level, string id)
    {
        LeakObservation seen = await TryAsync(id, level, without);

        Assert.Equal(LeakSight.Sealed, Row(id).At(level).Sight);
        Assert.True(GotThrough(seen), seen.ToString());
    }

    // Landlock lets a process look into others that has the capability to, and only root's ever have it.
    [IsolationFact(Tools.Landlock, Tools.Root, Tier = Tier.Ci, Timeout = 180_000)]
    public Task Without_dropped_capabilities_an_environment_is_open_again() =>
        Without_its_seal_a_channel_is_open_again("Capabilities", SealLevel.Guarded, "P02");

    [IsolationTheory(Tools.Landlock, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Clones))]
    public async Task A_private_clone_alone_holds_what_a_worktree_does_not(string id)
    {
        LeakObservation clone = await TryAsync(id, SealLevel.Guarded, "Landlock, Seccomp, Capabilities"),
            worktree = await TryAsync(id, SealLevel.Guarded, "Landlock, Seccomp, Capabilities, Clones");

        Assert.Equal(LeakSight.Sealed, clone.Observed);
        Assert.True(GotThrough(worktree), worktree.ToString());
    }

    private static LeakRow Row(string id) => LeakMatrix.Rows.Single(r => r.Id == id);

    private static bool GotThrough(LeakObservation seen) => seen.Observed is LeakSight.Leak or LeakSight.Detected;

    private static Task<LeakObservation> TryAsync(string id, SealLevel level, string without) =>
        LeakMatrix.TryAsync(Row(id), new LeakSetup(level, Enum.Parse<LeakSeals>(without)), default);
}
