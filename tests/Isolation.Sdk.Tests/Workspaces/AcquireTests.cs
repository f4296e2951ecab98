using Isolation.Sdk.Leasing;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class AcquireTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_workspace_has_the_files_of_its_base_on_a_branch_of_its_own_and_is_locked()
    {
        await using Rig rig = await Rig.CreateAsync();
        await rig.Repository.CommitAsync("More", new Dictionary<string, string> { ["src/a b\nc.txt"] = "1\n", ["ünï.txt"] = "2\n" });
        IWorkspace workspace = await rig.AcquireAsync("Auth 1");

        string slug = Slug.Of("Auth 1");
        Assert.Equal(Path.Combine(rig.Workers, $"{slug}.1", "work"), workspace.Info.Path);
        Assert.Equal($"isolation/{slug}/1/work", workspace.Info.Branch);
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "src", "a b\nc.txt")));
        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "ünï.txt")));
        Assert.Equal("", await Rig.GitAsync(workspace, "status", "--porcelain"));
        Assert.Equal(workspace.Info.Branch, await Rig.GitAsync(workspace, "branch", "--show-current"));
        Assert.Equal(workspace.Info.GitDirectory, await Rig.GitAsync(workspace, "rev-parse", "--absolute-git-dir"));
        Assert.Contains($"locked isolation attempt {slug}.1", await rig.Repository.GitAsync(["worktree", "list", "--porcelain"]));
        IReadOnlyDictionary<string, string> notes = rig.Store.List().Single().Notes;
        Assert.Equal(workspace.Info.Path, notes["workspace.path"]);
        Assert.Equal(workspace.Info.Branch, notes["workspace.branch"]);
        Assert.Equal(workspace.Info.GitDirectory, notes["workspace.gitdir"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Work_is_captured_and_outlives_its_workspace()
    {
        await using Rig rig = await Rig.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        Rig.Write(workspace, "one.txt", "1\n");
        await Rig.GitAsync(workspace, "add", "-A");
        await Rig.GitAsync(workspace, "commit", "-qm", "One");
        Rig.Write(workspace, "two.txt", "1\n2\n");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.DisposeAsync();
        await rig.Provider.SettleAsync();

        Assert.True(capture.HadLeftovers);
        Assert.Empty(capture.Tampering);
        Assert.Equal([new("one.txt", FileChangeKind.Added, 1, 0), new("two.txt", FileChangeKind.Added, 2, 0)], capture.Files);
        Assert.Equal(capture.Commit, await rig.Repository.GitAsync(["rev-parse", "refs/isolation/attempts/a/1"]));
        Assert.False(Directory.Exists(workspace.Info.Path));
        Assert.DoesNotContain("work", await rig.Repository.GitAsync(["worktree", "list"]));
        Assert.Equal("One", await rig.Repository.GitAsync(["log", "-1", "--format=%s", workspace.Info.Branch!]));
        Assert.Contains("+2", await capture.ReadPatchAsync(new RepositoryRef(rig.Repository.Path)));
    }
}
