using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Workspaces;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Platform;

/// <summary>Files that are longer than they are large. Git makes holes where it writes what it does not hold in memory
/// at once; the disks here have no room for anything else.</summary>
public sealed class SparseFileTests
{
    private const long Giga = 1L << 30,
        Mega = 1L << 20;

    [IsolationFact(Tools.Linux, Tools.Tmpfs, Tier = Tier.Ci)]
    public Task A_file_longer_than_the_disk_is_copied_with_its_holes() =>
        FillAsync(new Disk("tmpfs", 64), CheckoutMethod.Copy, 128 * Mega);

    [IsolationTheory(Tools.Linux, Tools.Images, Tier = Tier.Ci, Timeout = 120_000)]
    [InlineData("ext4", CheckoutMethod.Copy)]
    [InlineData("xfs", CheckoutMethod.Reflink)]
    [InlineData("btrfs", CheckoutMethod.Snapshot)]
    public Task A_file_longer_than_the_disk_is_filled_with_its_holes(string fileSystem, CheckoutMethod filling) =>
        FillAsync(new Disk(fileSystem, fileSystem == "xfs" ? 300 : 128), filling, 384 * Mega);

    [IsolationTheory(Tools.Linux, Tools.Images, Tier = Tier.Soak, Timeout = 1_800_000)]
    [InlineData("tmpfs", CheckoutMethod.Copy, 3 * Giga)]
    [InlineData("xfs", CheckoutMethod.Reflink, 3 * Giga)]
    public Task Gigabytes_of_holes_are_filled(string fileSystem, CheckoutMethod filling, long length) =>
        FillAsync(new Disk(fileSystem, 300), filling, length);

    [IsolationTheory(Tools.Linux, "truncate", Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Three_gigabytes_of_nothing_that_a_worker_leaves_cost_nothing(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        foreach (string item in new[] { "removed", "recycled" })
        {
            IWorkspace workspace = await rig.AcquireAsync(item);
            await Shell.RunAsync(workspace.Info.Path, "truncate -s 3G sparse src/sparse; truncate -s 3G bin/run");
            Assert.Equal(
                9 * Giga,
                new[] { "sparse", "src/sparse", "bin/run" }.Sum(f =>
                    new FileInfo(Path.Combine(workspace.Info.Path, f)).Length
                )
            );
            Assert.InRange(PlatformFiles.Current.MeasureUsage(workspace.Info.Path), 1, 16 * Mega);
            await workspace.ReleaseAsync(item == "removed" ? ReleaseMode.Remove : ReleaseMode.Recycle);
            await rig.Pool.SettleAsync();
        }

        Assert.Single(rig.Idle);
        await rig.AssertAsNewAsync(await rig.AcquireAsync("next"), "sparse files");
    }

    [IsolationTheory(Tools.Linux, "truncate", Tier = Tier.Ci)]
    [InlineData(600)]
    public async Task A_long_file_of_nothing_is_captured_without_being_held_in_memory(int megabytes)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.Capture.MaxLeftoverBytes = 2 * Giga
        );
        IWorkspace workspace = await rig.AcquireAsync();
        await Shell.RunAsync(workspace.Info.Path, $"truncate -s {megabytes}M sparse");
        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(
            (megabytes * Mega).ToString(CultureInfo.InvariantCulture),
            await rig.Repository.GitAsync(["cat-file", "-s", $"{capture.Commit}:sparse"])
        );
        Assert.InRange(PlatformFiles.Current.MeasureUsage(Path.Combine(rig.Repository.Path, ".git")), 1, 16 * Mega);
    }

    private static async Task FillAsync(Disk disk, CheckoutMethod filling, long length)
    {
        // Git streams what is longer than this; its default is 512 MiB.
        await using DiskFixture rig = await DiskFixture.CreateAsync(
            disk,
            filling,
            $"git config core.bigFileThreshold 1m; printf first > sparse; truncate -s {length - 4} sparse; "
                + $"printf last >> sparse; echo beside > beside"
        );
        const string Look =
            "head -c 5 sparse; tail -c 4 sparse; stat -c ' %s' sparse; test $(($(stat -c '%b * %B' "
            + "sparse))) -lt 4000000 || echo no holes; git status --porcelain";
        string expected = $"firstlast {length}\n";
        IReadOnlyList<HostResult> told = await rig.TellAsync(
            "acquire one",
            $"run one {Look}",
            "acquire two",
            $"run two {Look}; cmp sparse $(git rev-parse --git-common-dir)/../sparse",
            "run two printf altered | dd of=sparse conv=notrunc bs=1 seek=1000000 2> /dev/null; truncate -s 1G more",
            "release two",
            "settle",
            "acquire three",
            $"run three {Look}",
            "release one",
            "release three",
            "settle"
        );

        Assert.Equal(
            [filling.ToString(), filling.ToString(), filling.ToString()],
            told.Where(t => t.Outcome.StartsWith('/')).Select(t => t.Reason!)
        );
        Assert.Equal([expected, expected, "", expected], told.Where(t => t.Outcome == "Ran").Select(t => t.Reason!));
        Assert.Empty(rig.FindHalves());
        Assert.InRange(rig.PeakMemory, 1, Giga);
    }
}
