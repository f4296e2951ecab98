using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class StandaloneWorkspaceTests
{
    [IsolationFact]
    public async Task It_comes_and_goes_in_one_line()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string tag = await rig.HeadAsync();
        await rig.Repository.GitAsync(["tag", "v1"]);
        await rig.Repository.CommitAsync("Next", new Dictionary<string, string> { ["next"] = "1" });
        string refs = await rig.Repository.GitAsync(["for-each-ref"]);
        string path;
        await using (
            StandaloneWorkspace tree = await StandaloneWorkspace.CreateWorktreeAsync(rig.Repository.Path, "v1")
        )
        {
            path = tree.Path;
            Assert.Equal(tag, tree.BaseCommit);
            Assert.False(File.Exists(Path.Combine(path, "next")));
            File.WriteAllText(Path.Combine(path, "dirty"), "1");
            Assert.Equal(tree.Branch, await ThrowawayRepository.GitInAsync(path, ["branch", "--show-current"]));
        }

        Assert.False(Directory.Exists(path));
        Assert.Equal(refs, await rig.Repository.GitAsync(["for-each-ref"]));
        Assert.Single((await rig.Repository.GitAsync(["worktree", "list"])).Split('\n'));
        Assert.Empty(rig.Store.List());
    }

    [IsolationFact]
    public async Task What_a_killed_process_left_is_swept_by_the_next()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();

        // A dead holder: its notes and its workspace are there, its lock is not.
        WorkspaceRequest request = await rig.RequestAsync("throwaway-dead");
        IWorkspace dead = await rig.Provider.AcquireAsync(request);
        ((AttemptLease)request.Lease).Dispose();
        IWorkspace living = await rig.AcquireAsync("throwaway-living");

        await using StandaloneWorkspace tree = await StandaloneWorkspace.CreateWorktreeAsync(rig.Repository.Path);
        Assert.False(Directory.Exists(dead.Info.Path));
        Assert.True(Directory.Exists(living.Info.Path));
        Assert.DoesNotContain("throwaway-dead", await rig.Repository.GitAsync(["for-each-ref"]));
    }

    [IsolationTheory]
    [InlineData("no-such-branch", "ISO0206")]
    [InlineData("--help", "ISO0206")]
    public async Task A_revision_that_means_nothing_is_refused(string revision, string code)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string before = await rig.SnapshotAsync();
        Assert.Equal(
            code,
            (
                await Assert.ThrowsAsync<IsolationException>(() =>
                    StandaloneWorkspace.CreateWorktreeAsync(rig.Repository.Path, revision)
                )
            ).Code
        );
        Assert.Equal(before, await rig.SnapshotAsync());
    }
}
