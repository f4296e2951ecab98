using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class ReleaseTests
{
    [IsolationFact]
    public async Task An_untouched_workspace_goes_with_its_branch_when_disposed()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        WorkspaceRequest request = await rig.RequestAsync();
        string before = await rig.SnapshotAsync();
        IWorkspace workspace = await rig.Provider.AcquireAsync(request);
        await workspace.DisposeAsync();
        await rig.Provider.SettleAsync();
        Assert.False(Directory.Exists(Path.GetDirectoryName(workspace.Info.Path)));
        SafeDelete.DeleteTree(rig.Workers);
        Assert.Equal(before, await rig.SnapshotAsync());
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("a new file")]
    [InlineData("a changed file")]
    [InlineData("a deleted file")]
    [InlineData("a commit without files")]
    public async Task What_changed_after_its_capture_is_kept(string change)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "deep/er/one.txt", "1\n");
        await rig.CaptureAsync(workspace);
        switch (change)
        {
            case "a new file":
                WorkspaceFixture.Write(workspace, "deep/er/two.txt", "2\n");
                break;
            case "a changed file":
                WorkspaceFixture.Write(workspace, "deep/er/one.txt", "2\n");
                break;
            case "a deleted file":
                File.Delete(Path.Combine(workspace.Info.Path, "deep", "er", "one.txt"));
                break;
            default:
                await WorkspaceFixture.GitAsync(workspace, "commit", "-q", "--allow-empty", "-m", "Empty");
                break;
        }

        await workspace.DisposeAsync();
        Assert.True(Directory.Exists(workspace.Info.Path));
        Assert.Contains(workspace.Info.Path, await rig.Repository.GitAsync(["worktree", "list"]));
    }

    [IsolationFact]
    public async Task Remove_takes_all_but_what_links_point_to()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string outside = Directory.CreateDirectory(Path.Combine(rig.Repository.Root, "outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "precious"), "1");
        IWorkspace workspace = await rig.AcquireAsync();
        Directory.CreateSymbolicLink(Path.Combine(workspace.Info.Path, "to-folder"), outside);
        File.CreateSymbolicLink(Path.Combine(workspace.Info.Path, "to-file"), Path.Combine(outside, "precious"));
        WorkspaceFixture.Write(workspace, "locked/down", "1");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(workspace.Info.Path, "locked"), UnixFileMode.None);
        }

        await workspace.ReleaseAsync(ReleaseMode.Remove);
        await workspace.ReleaseAsync(ReleaseMode.Remove);
        await rig.Provider.SettleAsync();
        Assert.Equal("1", File.ReadAllText(Path.Combine(outside, "precious")));
        Assert.False(Directory.Exists(Path.GetDirectoryName(workspace.Info.Path)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(rig.Workers, ".trash")));
        Assert.Equal("", await rig.Repository.GitAsync(["branch", "--list", "isolation/*"]));
        await rig.Repository.GitAsync(["fsck", "--no-dangling"]);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_workspace_with_a_submodule_can_be_captured_and_removed()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await using ThrowawayRepository inner = await ThrowawayRepository.CreateAsync();
        await rig.Repository.GitAsync([
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            inner.Path,
            "sub",
        ]);
        await rig.Repository.CommitAsync("Submodule", new Dictionary<string, string>());
        IWorkspace workspace = await rig.AcquireAsync();
        await WorkspaceFixture.GitAsync(
            workspace,
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "update",
            "--init"
        );
        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "sub", "README.md")));
        Assert.True((await rig.CaptureAsync(workspace)).IsEmpty);
        await workspace.DisposeAsync();
        await rig.Provider.SettleAsync();
        Assert.False(Directory.Exists(workspace.Info.Path));
        Assert.False(Directory.Exists(workspace.Info.GitDirectory));
    }

    [IsolationFact]
    public async Task A_quarantined_workspace_stays_and_says_so()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await workspace.ReleaseAsync(ReleaseMode.Quarantine);
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        Assert.True(File.Exists(Path.Combine(rig.Workers, "a.1", "quarantined")));
        Assert.Contains("locked quarantined", await rig.Repository.GitAsync(["worktree", "list", "--porcelain"]));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("whole")]
    [InlineData("without its directory")]
    [InlineData("without its registration")]
    [InlineData("branch only")]
    [InlineData("not noted where its git directory is")]
    public async Task A_sweep_finds_a_workspace_again_however_much_there_is_of_it(string state)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        LeaseRecord record = rig.Store.List().Single();
        if (state is "without its directory" or "branch only")
        {
            SafeDelete.DeleteTree(workspace.Info.Path);
        }

        if (state is "without its registration" or "branch only")
        {
            SafeDelete.DeleteTree(workspace.Info.GitDirectory);
        }

        if (state.StartsWith("not noted", StringComparison.Ordinal))
        {
            record = record with
            {
                Notes = record.Notes.Where(n => n.Key is "workspace.path" or "workspace.branch").ToDictionary(),
            };
        }

        await using GitWorktreeProvider later = new(new WorkspaceOptions(), TimeProvider.System);
        IWorkspace? again = await later.ReopenAsync(record);
        Assert.NotNull(again);
        Assert.Equal(workspace.Info.Path, again.Info.Path);
        await again.ReleaseAsync(ReleaseMode.Remove);
        await later.SettleAsync();
        Assert.Null(await later.ReopenAsync(record));
        Assert.Equal("", await rig.Repository.GitAsync(["branch", "--list", "isolation/*"]));
        Assert.DoesNotContain("a.1", await rig.Repository.GitAsync(["worktree", "list"]));
    }

    [IsolationFact]
    public async Task A_reopened_workspace_is_captured_as_the_first_holder_would_have()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.CopyIgnored.Add(".env"));
        await rig.Repository.CommitAsync("Ignore", new Dictionary<string, string> { [".gitignore"] = ".env\n" });
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".env"), "KEY=1\n");
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "work.txt", "1\n");
        File.Delete(Path.Combine(workspace.Info.Path, ".gitignore"));
        await using GitWorktreeProvider later = new(new WorkspaceOptions(), TimeProvider.System);
        IWorkspace again = (await later.ReopenAsync(rig.Store.List().Single()))!;
        Assert.Equal(workspace.Info, again.Info);
        Capture capture = await rig.CaptureAsync(again);
        Assert.Equal([".gitignore", "work.txt"], capture.Files.Select(f => f.Path));
        await again.DisposeAsync();
        Assert.False(Directory.Exists(again.Info.Path));
    }

    [IsolationFact]
    public async Task A_lease_of_another_provider_reopens_nothing()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.RequestAsync();
        Assert.Null(await rig.Provider.ReopenAsync(rig.Store.List().Single()));
    }
}
