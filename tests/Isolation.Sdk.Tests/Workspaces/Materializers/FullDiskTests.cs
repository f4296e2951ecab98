using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>No room for the tree that workspaces are copied from, for a workspace, or for the end of one: a fault that
/// says so, nothing half-made, and all is well as soon as there is room.</summary>
public sealed class FullDiskTests
{
    private const string Space = "space",
        Files = "files";

    // Some 6 MB in 600 files: few enough to be quick, and more than there is room for.
    private const string Make =
        "mkdir large small; for i in $(seq 1 300); do seq $i 3000 > large/$i; echo $i > small/$i; done";
    private const string Sums =
        "find . -name .git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha1sum | sha1sum; git "
        + "status --porcelain";
    private static readonly string NoTrees =
        $"run-in-repository for t in {Disk.Path}/workers/.trees/*/files; do btrfs property set $t ro false "
        + $"2> /dev/null; done; rm -rf {Disk.Path}/workers/.trees";

    [IsolationTheory(Tools.Linux, Tools.Tmpfs, Tier = Tier.Ci)]
    [InlineData(CheckoutMethod.Copy, false, Space, 2_000)]
    [InlineData(CheckoutMethod.Copy, true, Files, 40)]
    public Task In_memory(CheckoutMethod filling, bool clones, string of, int leave) =>
        FailsAndRecoversAsync(
            new Disk("tmpfs", 64) { Inodes = of == Files ? 4_000 : null },
            filling,
            clones,
            of,
            leave
        );

    [IsolationTheory(Tools.Linux, Tools.Images, Tier = Tier.Ci, Timeout = 300_000)]
    [InlineData("tmpfs", CheckoutMethod.Checkout, false, Space, 2_000)]
    [InlineData("ext4", CheckoutMethod.Copy, true, Space, 2_000)]
    [InlineData("ext4", CheckoutMethod.Copy, false, Files, 40)]
    [InlineData("ext4", CheckoutMethod.Auto, false, Space, 64)]
    [InlineData("xfs", CheckoutMethod.Reflink, false, Space, 300)]
    [InlineData("xfs", CheckoutMethod.Copy, false, Space, 2_000)]
    [InlineData("btrfs", CheckoutMethod.Reflink, false, Space, 0)]
    [InlineData("btrfs", CheckoutMethod.Snapshot, false, Space, 0)]
    [InlineData("btrfs", CheckoutMethod.Snapshot, true, Space, 2_000)]
    public Task On_each_file_system(string fileSystem, CheckoutMethod filling, bool clones, string of, int leave) =>
        FailsAndRecoversAsync(
            new Disk(
                fileSystem,
                fileSystem switch
                {
                    "xfs" => 300,
                    "btrfs" => 128,
                    _ => 64,
                }
            )
            {
                Inodes = of == Files ? 4_000 : null,
            },
            filling,
            clones,
            of,
            leave
        );

    private static async Task FailsAndRecoversAsync(
        Disk disk,
        CheckoutMethod filling,
        bool clones,
        string of,
        int leave
    )
    {
        await using DiskFixture rig = await DiskFixture.CreateAsync(disk, filling, Make);
        rig.Clones = clones;
        IReadOnlyList<HostResult> first = await rig.TellAsync(
            $"run-in-repository {Sums}",
            "acquire kept",
            $"run kept {Sums}",
            "release kept",
            "settle",
            NoTrees,
            DiskFixture.Fill(of, leave),
            "acquire failed",
            "settle"
        );
        string sums = first[0].Reason!;
        Assert.Equal(sums, first[2].Reason);
        AssertRefused(first[^1]);
        Assert.Empty(rig.FindHalves());
        await AssertWorksAsync(rig, "mended", sums, filling);

        // Now there is a tree, and a workspace in use.
        IReadOnlyList<HostResult> second = await rig.TellAsync(
            "acquire used",
            "settle",
            DiskFixture.Fill(of, leave),
            "acquire refused",
            "release used",
            "settle",
            "remove refused"
        );
        Assert.Null(second[0].Fault);
        HostResult refused = second[^1];
        if (filling is CheckoutMethod.Copy or CheckoutMethod.Checkout or CheckoutMethod.Auto)
        {
            AssertRefused(refused);
        }
        else if (refused.Fault is not null)
        {
            AssertRefused(refused); // Shared blocks take no room, names and inodes may.
        }

        Assert.Empty(rig.FindHalves());
        await AssertWorksAsync(rig, "again", sums, filling);
    }

    private static async Task AssertWorksAsync(DiskFixture rig, string item, string sums, CheckoutMethod filling)
    {
        IReadOnlyList<HostResult> told = await rig.TellAsync(
            DiskFixture.Free(),
            $"acquire {item}-1",
            $"run {item}-1 {Sums}",
            "settle",
            $"acquire {item}-2",
            $"run {item}-2 {Sums}",
            $"remove {item}-1",
            $"remove {item}-2",
            "settle",
            "run-in-repository git branch --list 'isolation/*'; git worktree list | tail -n +2"
        );
        Assert.True(told[1].Fault is null, told[1].Fault?.ToString());
        Assert.Equal((sums, sums), (told[2].Reason!, told[4].Reason!));
        Assert.Equal(filling, filling == CheckoutMethod.Auto ? filling : Enum.Parse<CheckoutMethod>(told[3].Reason!));
        Assert.Equal("", told[^1].Reason);
        Assert.Empty(rig.FindHalves());
    }

    private static void AssertRefused(HostResult asked)
    {
        Assert.True(asked.Fault is not null, $"It was made, by {asked.Reason}.");
        Assert.Equal("ISO0311", asked.Fault.Code);
        Assert.Contains("full disk", asked.Fault.Remedy, StringComparison.Ordinal);
        Assert.InRange(asked.Fault.Message.Length, 1, 1_000);
    }
}
