using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A pristine tree that somebody alters behind our back is never copied from again, whatever the file
/// system.</summary>
public sealed class AlteredTreeTests
{
    private const string Make =
        "mkdir -p src/deep; for i in 1 2 3; do echo $i > src/$i; done; echo d > src/deep/d; ln -s 1 src/link";
    private const string Inspect =
        "find . -path ./.git -prune -o -printf '%P %y %m %s %l\\n' | LC_ALL=C sort; find . -path ./.git "
        + "-prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha1sum; git status --porcelain --ignored";

    private static readonly string[] Deeds =
    [
        "echo more >> src/1",
        "cp -p src/1 ../x; printf X | dd conv=notrunc bs=1 of=src/1 2> /dev/null; touch -r ../x src/1; rm ../x",
        "rm src/2",
        "chmod 755 src/3",
        "ln -sfn 2 src/link",
        "rm -r src/deep; ln -s ../../../elsewhere src/deep",
        "mv src/2 x && mv src/3 src/2 && mv x src/3",
        "cp -p src/1 x && mv x src/1",
        "ln src/1 ../twin",
    ];

    // Nobody copies what is in no index, but a snapshot has all.
    private static readonly string[] Whole =
    [
        "echo new > new",
        "mkdir -p src/empty",
        "chmod 700 src",
        "touch -d 2001-01-01 src",
    ];

    [IsolationTheory(Tools.Linux, Tools.Images, "btrfs", Tier = Tier.Ci, Timeout = 300_000)]
    [InlineData("xfs", CheckoutMethod.Reflink)]
    [InlineData("btrfs", CheckoutMethod.Reflink)]
    [InlineData("btrfs", CheckoutMethod.Snapshot)]
    [InlineData("ext4", CheckoutMethod.Copy)]
    public async Task Whatever_was_done_to_a_tree_the_next_workspace_is_whole(string fileSystem, CheckoutMethod filling)
    {
        await using DiskFixture rig = await DiskFixture.CreateAsync(
            new Disk(fileSystem, fileSystem == "xfs" ? 300 : 128),
            filling,
            Make
        );
        bool whole = filling == CheckoutMethod.Snapshot;
        IReadOnlyList<HostResult> first = await rig.TellAsync("acquire first", $"run first {Inspect}");
        string expected = first[1].Reason!;
        string[] deeds = whole ? [.. Deeds[..^1], .. Whole] : Deeds;
        for (int i = 0; i < deeds.Length; i++)
        {
            string before = Tree(rig);
            string deed = whole
                ? $"btrfs property set . ro false && {{ {deeds[i]}; }}; btrfs property set . ro true"
                : deeds[i];
            IReadOnlyList<HostResult> told = await rig.TellAsync(
                $"run-in-repository cd {Disk.Path}/workers/.trees/*/files && {{ {deed}; }}",
                $"acquire after-{i}",
                $"run after-{i} {Inspect}",
                $"acquire later-{i}",
                $"run later-{i} {Inspect}",
                "settle"
            );

            Assert.Equal("", told[0].Reason);
            Assert.True(
                (nameof(CheckoutMethod.Checkout), filling.ToString()) == (told[1].Reason, told[3].Reason),
                $"{deeds[i]}: {told[1]}, {told[3]}"
            );
            Assert.True(
                expected == told[2].Reason && expected == told[4].Reason,
                $"{deeds[i]}: {told[2].Reason}\n{told[4].Reason}"
            );
            Assert.NotEqual(before, Tree(rig));
        }

        Assert.Empty(rig.FindHalves());
    }

    private static string Tree(DiskFixture rig) =>
        Assert.Single(Directory.GetDirectories(Path.Combine(rig.Workers, ".trees")));
}
