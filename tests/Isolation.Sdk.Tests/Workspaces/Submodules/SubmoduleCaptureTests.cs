using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What is made inside a submodule is neither lost nor landed where nobody else could get it.</summary>
public sealed class SubmoduleCaptureTests
{
    private const string Sub = SubmoduleFixture.Sub;

    [IsolationTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_that_no_remote_has_is_pinned_and_held(bool clones)
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync(clones);
        IWorkspace workspace = await rig.AcquireAsync();
        string made = await rig.InAsync(
            workspace.Info.Path,
            $"cd {Sub}; echo x > x.txt; git add -A; git commit -qm x; git rev-parse HEAD; cd ../..; "
                + "git commit -qam bump"
        );

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.Remove);

        string held = Assert.Single(capture.Holds);
        Assert.Contains($"'{Sub}'", held, StringComparison.Ordinal);
        Assert.Contains(made[..10], held, StringComparison.Ordinal);
        Assert.Contains("Push it", held, StringComparison.Ordinal);
        Assert.Contains(capture.Notices, n => n.Contains("refs/isolation/extra/a/1/", StringComparison.Ordinal));
        Assert.Equal(
            "x",
            await rig.InAsync(
                Path.Combine(rig.Path, ".git", "modules", Sub),
                $"git gc -q --prune=now; git cat-file blob {made}:x.txt"
            )
        );
    }

    [IsolationTheory(DefaultRows = 2)]
    [InlineData("git push -q origin HEAD:refs/heads/fix")]
    [InlineData(
        "cd 'a dir/deep'; echo y > y; git add -A; git commit -qm y; git push -q origin HEAD:refs/heads/y; "
            + "cd ../..; git commit -qam deep; git push -q origin HEAD:refs/heads/fix"
    )]
    [InlineData("git checkout -q HEAD~2")]
    public async Task A_commit_that_its_remote_has_lands(string script)
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await rig.InAsync(
            workspace.Info.Path,
            $"(cd {Sub}; echo x > x.txt; git add x.txt; git commit -qm x; {script}); git commit -qam bump"
        );

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Empty(capture.Holds);
    }

    [IsolationFact]
    public async Task A_nested_one_is_held_by_its_own_path()
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await rig.InAsync(
            workspace.Info.Path,
            $"cd '{SubmoduleFixture.Deep}'; echo y > y; git add -A; git commit -qm y; cd ../..; git commit -qam deep; "
                + "git push -q origin HEAD:refs/heads/fix; cd ../..; git commit -qam bump"
        );

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Contains($"'{SubmoduleFixture.Deep}'", Assert.Single(capture.Holds), StringComparison.Ordinal);
    }

    [IsolationTheory(DefaultRows = 2)]
    [InlineData("echo hours > new.txt", false)]
    [InlineData("echo more >> f.txt", true)]
    [InlineData("rm f.txt", false)]
    public async Task Uncommitted_work_inside_keeps_the_workspace(string script, bool clones)
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync(clones);
        IWorkspace workspace = await rig.AcquireAsync();
        await rig.InAsync(workspace.Info.Path, $"echo b > b.txt; cd {Sub}; {script}");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);

        Assert.Equal("b.txt", Assert.Single(capture.Files).Path);
        Assert.Contains(capture.Notices, n => n.Contains($"'{Sub}'") && n.Contains("kept"));
        Assert.True(Directory.Exists(workspace.Info.Path));
    }

    [IsolationTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_them_alone_leaves_nothing(bool clones)
    {
        await using SubmoduleFixture rig = await SubmoduleFixture.CreateAsync(clones);
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "b.txt", "b\n");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);

        Assert.Empty(capture.Notices.Concat(capture.Holds));
        Assert.False(Directory.Exists(workspace.Info.Path));
    }
}
