using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Paths that the kernel takes from the top of a work tree alone, and not even from there.</summary>
public sealed class LongPathTests
{
    private const int LongestName = 255,
        Folders = 15;

    // With the NUL at its end it is what the kernel takes at most, 4096 bytes; where a workspace is comes on top.
    private static readonly string Longest = string.Join(
        '/',
        Enumerable.Range(0, Folders + 1).Select(i => new string((char)('a' + i), LongestName))
    );

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_longest_path_that_git_takes_is_filled_and_used_again(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        await AddAsync(rig, Longest, "far\n");
        IWorkspace first = await rig.AcquireAsync("first"),
            second = await rig.AcquireAsync("second");
        foreach (IWorkspace workspace in new[] { first, second })
        {
            await IsWholeAsync(workspace, CheckoutMethod.Copy);
        }

        await Shell.RunAsync(second.Info.Path, "echo altered >> \"$1\"; echo new > \"$(dirname \"$1\")/new\"", Longest);
        await rig.RecycleAsync(second);
        await IsWholeAsync(await rig.AcquireAsync("third"), CheckoutMethod.Copy);
    }

    [IsolationFact(Tools.Linux)]
    public async Task Attributes_that_are_too_deep_to_be_read_may_name_a_filter()
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(filling: CheckoutMethod.Copy);
        await AddAsync(rig, Longest[..^"/.gitattributes".Length] + "/.gitattributes", "* filter=shout\n");
        IWorkspace workspace = await rig.AcquireAsync("first");

        Assert.Equal(CheckoutMethod.Checkout, workspace.Info.CheckedOutBy);
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Folders_deeper_than_any_path_are_captured_as_far_as_git_goes_and_removed_whole(bool clones)
    {
        await using PoolFixture rig = await PoolFixture.CreateAsync(clones, CheckoutMethod.Copy);
        foreach (string item in new[] { "removed", "kept", "recycled" })
        {
            IWorkspace workspace = await rig.AcquireAsync(item, item == "kept" ? rig.Plain : null);
            Assert.Equal(
                "48",
                (
                    await Shell.RunAsync(
                        workspace.Info.Path,
                        "echo work > work; d=$(head -c 250 /dev/zero | tr '\\0' d); i=0; while [ $i -lt 48 "
                            + "]; do mkdir $d && cd -P $d || break; echo x > x; i=$((i + 1)); done; echo $i"
                    )
                ).Trim()
            );
            Assert.InRange(PlatformFiles.Current.MeasureUsage(workspace.Info.Path), 1, 64 << 20);
            Assert.Contains("work", workspace.FindUnpinnedFiles(100));
            Capture capture = await workspace.CaptureAsync(new PlainScope(rig.Repository.Root, workspace.Info.Path));
            Assert.Contains("work", capture.Files.Select(f => f.Path));
            Assert.InRange(capture.Files.Max(f => f.Path.Length), 3_500, 4_095); // Git has no name for what is deeper.
            if (item == "kept")
            {
                Assert.False(workspace.IsPinned); // What was not captured is not lost.
                Assert.Empty(workspace.FindUnpinnedFiles(100));
                await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);
                Assert.True(Directory.Exists(workspace.Info.Path));
                continue;
            }

            await workspace.ReleaseAsync(item == "removed" ? ReleaseMode.Remove : ReleaseMode.Recycle);
            await rig.Pool.SettleAsync();
            Assert.False(Path.Exists(workspace.Info.Path));
        }

        Assert.Single(rig.Idle);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(rig.Workers, ".trash")));
        await rig.AssertAsNewAsync(await rig.AcquireAsync("next"), "deep folders");
    }

    private static async Task AddAsync(PoolFixture rig, string path, string content) =>
        Assert.Equal(
            "",
            await Shell.RunAsync(
                rig.Repository.Path,
                "id=$(printf '%s' \"$2\" | git hash-object -w --stdin) && git update-index --add "
                    + "--cacheinfo \"100644,$id,$1\" && git commit -qm Deep",
                path,
                content
            )
        );

    private static async Task IsWholeAsync(IWorkspace workspace, CheckoutMethod filling)
    {
        Assert.Equal(filling, workspace.Info.CheckedOutBy);
        Assert.Equal("far\n", await Shell.RunAsync(workspace.Info.Path, "cat \"$1\"", Longest));
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain", "--ignored"));
    }
}
