using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A submodule that the repository has is in every work tree, without a network.</summary>
public sealed class SubmoduleCheckoutTests
{
    [IsolationTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submodules_are_filled_nested_ones_too_and_git_agrees(bool clones)
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync(clones);
        string before = await rig.InAsync(rig.Path, "git submodule status --recursive; find .git/modules | sort");
        Directory.Delete(Path.Combine(rig.Root, "inner"), recursive: true);

        IWorkspace workspace = await rig.AcquireAsync();
        string top = workspace.Info.Path;
        string status = await rig.InAsync(top, "git submodule status --recursive");

        Assert.True(File.Exists(Path.Combine(top, SubmoduleFixture.Deep, "f.txt")));
        Assert.Equal(2, status.Split('\n').Length);
        Assert.DoesNotContain(status.Split('\n'), l => l[0] is '-' or '+');
        Assert.Equal("", await rig.InAsync(top, "git status --porcelain; git submodule -q update --init --recursive"));
        Assert.Equal("v1", await rig.InAsync(Path.Combine(top, SubmoduleFixture.Sub), "git describe --tags"));

        await rig.InAsync(Path.Combine(top, SubmoduleFixture.Sub), "echo x > x.txt; git add -A; git commit -qm x");
        Assert.Equal(before, await rig.InAsync(rig.Path, "git submodule status --recursive; find .git/modules | sort"));
    }

    [IsolationFact]
    public async Task One_that_is_not_initialized_stays_empty_and_is_named()
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync();
        await rig.InAsync(rig.Path, $"git submodule -q deinit -f {SubmoduleFixture.Sub}");

        IWorkspace workspace = await rig.AcquireAsync();
        ProbeResult probe = await rig.ProbeAsync();

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(workspace.Info.Path, SubmoduleFixture.Sub)));
        Assert.Contains(probe.Notices, n =>
            n.Contains($"'{SubmoduleFixture.Sub}'") && n.Contains("git submodule update --init")
        );
    }

    [IsolationFact]
    public async Task A_commit_that_is_not_here_is_one_clear_fault()
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync();
        string unknown = new('a', 40);
        await rig.InAsync(
            rig.Path,
            $"git update-index --cacheinfo 160000,{unknown},{SubmoduleFixture.Sub} && git commit -qm bump"
        );

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() => rig.AcquireAsync());

        Assert.Equal(WorkspaceCodes.SubmoduleIncomplete, fault.Code);
        Assert.Contains(unknown, fault.Message, StringComparison.Ordinal);
        Assert.Contains("git submodule update --init", fault.Fault.Remedy, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(rig.Path, ".git", "worktrees")));
    }

    [IsolationTheory]
    [InlineData("sub", true)]
    [InlineData("lib/sub", true)]
    [InlineData("..", false)]
    [InlineData("../../hooks", false)]
    [InlineData("a/../../b", false)]
    [InlineData("a\\..\\b", false)]
    [InlineData("/etc", false)]
    [InlineData("-c", false)]
    [InlineData("a\nb", false)]
    [InlineData("", false)]
    [InlineData(".git", false)]
    public void A_name_leads_nowhere_else(string name, bool good) => Assert.Equal(good, ModuleDirectories.IsName(name));

    /// <summary>What .gitmodules says is anybody's.</summary>
    [IsolationFact]
    public async Task Nothing_that_the_list_says_is_run_or_followed()
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync();
        await rig.InAsync(
            rig.Path,
            """
            git config --file .gitmodules submodule.lib/sub.update '!touch ../ran'
            git config --file .gitmodules submodule.lib/sub.url '--upload-pack=touch ../ran'
            git config --file .gitmodules submodule.lib/sub/modules.path evil
            git config --file .gitmodules submodule.../x.path away
            git commit -qam list
            """
        );

        IWorkspace workspace = await rig.AcquireAsync();

        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, SubmoduleFixture.Deep, "f.txt")));
        Assert.Empty(Directory.GetFiles(rig.Root, "ran", SearchOption.AllDirectories));
    }
}
