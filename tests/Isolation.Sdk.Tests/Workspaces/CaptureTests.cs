using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class CaptureTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData("on its branch")]
    [InlineData("detached")]
    [InlineData("on another branch")]
    [InlineData("in the middle of a merge")]
    [InlineData("in the middle of a rebase")]
    [InlineData("on an unborn branch")]
    [InlineData("with its branch deleted")]
    [InlineData("with a broken index")]
    [InlineData("without an index")]
    [InlineData("with a stale index lock")]
    public async Task Everything_is_captured_whatever_HEAD_is(string state)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "committed.txt", "committed\n");
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "Committed");
        string index = Path.Combine(workspace.Info.GitDirectory, "index");
        switch (state)
        {
            case "detached":
                await WorkspaceFixture.GitAsync(workspace, "checkout", "-q", "--detach");
                break;
            case "on another branch":
                await WorkspaceFixture.GitAsync(workspace, "checkout", "-q", "-b", "mine");
                break;
            case "in the middle of a merge" or "in the middle of a rebase":
                await WorkspaceFixture.GitAsync(workspace, "branch", "theirs", workspace.Info.BaseCommit);
                await WorkspaceFixture.GitAsync(workspace, "checkout", "-q", "theirs");
                WorkspaceFixture.Write(workspace, "committed.txt", "theirs\n");
                await WorkspaceFixture.GitAsync(workspace, "add", "-A");
                await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "Theirs");
                await WorkspaceFixture.GitAsync(workspace, "checkout", "-q", workspace.Info.Branch!);
                string[] arguments = state.EndsWith("merge", StringComparison.Ordinal)
                    ? ["merge", "theirs"]
                    : ["rebase", "theirs"];
                await Assert.ThrowsAsync<InvalidOperationException>(() =>
                    WorkspaceFixture.GitAsync(workspace, arguments)
                );
                break;
            case "on an unborn branch":
                await WorkspaceFixture.GitAsync(workspace, "checkout", "-q", "--orphan", "fresh");
                break;
            case "with its branch deleted":
                await rig.Repository.GitAsync(["update-ref", "-d", $"refs/heads/{workspace.Info.Branch}"]);
                break;
            case "with a broken index":
                File.WriteAllText(index, "not an index");
                break;
            case "without an index":
                File.Delete(index);
                break;
            case "with a stale index lock":
                File.WriteAllText(index + ".lock", "");
                break;
        }

        WorkspaceFixture.Write(workspace, "left over.txt", "left\n");
        Capture capture = await rig.CaptureAsync(workspace);

        Assert.True(capture.HadLeftovers);
        Assert.Empty(capture.Tampering);
        Assert.Equal("left", await rig.Repository.GitAsync(["show", $"{capture.Commit}:left over.txt"]));
        Assert.Contains("committed", await rig.Repository.GitAsync(["show", $"{capture.Commit}:committed.txt"]));
        Assert.Equal(
            "# Throwaway",
            (await rig.Repository.GitAsync(["show", $"{capture.Commit}:README.md"])).Split('\n')[0]
        );
        Assert.Equal(["committed.txt", "left over.txt"], capture.Files.Select(f => f.Path));
        Assert.Equal(capture.Commit, await rig.Repository.GitAsync(["rev-parse", capture.Source]));
        Assert.Equal(
            workspace.Info.BaseCommit,
            await rig.Repository.GitAsync(["merge-base", workspace.Info.BaseCommit, capture.Commit])
        );
    }

    [IsolationFact]
    public async Task A_clean_worker_is_captured_as_it_is_and_an_idle_one_is_empty()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        Capture idle = await rig.CaptureAsync(workspace);
        Assert.True(idle.IsEmpty);
        Assert.Equal(idle.BaseCommit, idle.Commit);

        WorkspaceFixture.Write(workspace, "a.txt", "1\n");
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "One");
        Capture done = await rig.CaptureAsync(workspace);
        Assert.False(done.HadLeftovers);
        Assert.Equal(await WorkspaceFixture.GitAsync(workspace, "rev-parse", "HEAD"), done.Commit);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Every_kind_of_change_is_told_apart()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string lines = string.Concat(Enumerable.Range(0, 40).Select(i => $"line {i}\n"));
        await rig.Repository.CommitAsync(
            "Start",
            new Dictionary<string, string>
            {
                ["old name.txt"] = lines,
                ["gone.txt"] = "quite another content\n",
                ["kind"] = "y\n",
                ["m.txt"] = "a\nb\n",
            }
        );
        IWorkspace workspace = await rig.AcquireAsync();
        string At(string path) => Path.Combine(workspace.Info.Path, path);
        File.Move(At("old name.txt"), At("new\tname\n\"ü\".txt"));
        File.Delete(At("gone.txt"));
        File.Delete(At("kind"));
        File.CreateSymbolicLink(At("kind"), "README.md");
        WorkspaceFixture.Write(workspace, "m.txt", "a\nc\nd\n");
        File.WriteAllBytes(At("binary"), [0, 1, 2, 0, 255]);
        WorkspaceFixture.Write(workspace, "-leading", "x\n");
        WorkspaceFixture.Write(workspace, ":(top)magic", "x\n");

        Capture capture = await rig.CaptureAsync(workspace);
        FileChange[] expected =
        [
            new("-leading", FileChangeKind.Added, 1, 0),
            new(":(top)magic", FileChangeKind.Added, 1, 0),
            new("binary", FileChangeKind.Added, 0, 0),
            new("gone.txt", FileChangeKind.Deleted, 0, 1),
            new("kind", FileChangeKind.TypeChanged, 1, 1),
            new("m.txt", FileChangeKind.Modified, 2, 1),
            new("new\tname\n\"ü\".txt", FileChangeKind.Renamed, 0, 0) { OldPath = "old name.txt" },
        ];
        Assert.Equal(expected, capture.Files.OrderBy(f => f.Path, StringComparer.Ordinal));
        string patch = await capture.ReadPatchAsync(new RepositoryRef(rig.Repository.Path));
        Assert.Contains("GIT binary patch", patch);
        Assert.Contains("rename from old name.txt", patch);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Capturing_leaves_index_and_work_tree_of_the_worker_alone_and_the_branch_unless_told()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "staged.txt", "1\n");
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        WorkspaceFixture.Write(workspace, "README.md", "changed\n");
        string before = await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain");
        byte[] index = File.ReadAllBytes(Path.Combine(workspace.Info.GitDirectory, "index"));
        await rig.CaptureAsync(workspace);
        Assert.Equal(index, File.ReadAllBytes(Path.Combine(workspace.Info.GitDirectory, "index")));
        Assert.Equal(before, await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        Assert.Equal(workspace.Info.BaseCommit, await rig.Repository.GitAsync(["rev-parse", workspace.Info.Branch!]));

        rig.Options.LeftoversOnBranch = true;
        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Equal(capture.Commit, await rig.Repository.GitAsync(["rev-parse", workspace.Info.Branch!]));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_late_capture_of_an_older_attempt_is_refused()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace first = await rig.AcquireAsync();
        WorkspaceFixture.Write(first, "late.txt", "late\n");
        IWorkspace second = await rig.AcquireAsync(number: 2);
        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() => rig.CaptureAsync(first));
        Assert.Equal("ISO0305", fault.Code);
        Assert.Equal(
            first.Info.BaseCommit,
            await rig.Repository.GitAsync(["rev-parse", "refs/isolation/attempts/a/1"])
        );
        await first.DisposeAsync();
        Assert.True(File.Exists(Path.Combine(first.Info.Path, "late.txt")));
        await rig.CaptureAsync(second);
    }

    [IsolationFact]
    public async Task A_capture_is_refused_when_someone_moved_the_attempts_ref()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        string other = await rig.Repository.CommitAsync("Other", new Dictionary<string, string> { ["o"] = "o" });
        await rig.Repository.GitAsync(["update-ref", "refs/isolation/attempts/a/1", other]);
        Assert.Equal("ISO0305", (await Assert.ThrowsAsync<IsolationException>(() => rig.CaptureAsync(workspace))).Code);
    }

    [IsolationFact]
    public async Task A_repository_inside_the_work_tree_is_not_captured_as_a_pointer_and_keeps_the_workspace()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "inner/file", "1\n");
        WorkspaceFixture.Write(workspace, "mine", "1\n");
        await ThrowawayRepository.GitInAsync(Path.Combine(workspace.Info.Path, "inner"), ["init", "-q"]);
        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Equal(["mine"], capture.Files.Select(f => f.Path));
        await workspace.DisposeAsync();
        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "inner", "file")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_sparse_worker_loses_nothing()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.CommitAsync("Two", new Dictionary<string, string> { ["in/a"] = "1\n", ["out/b"] = "1\n" });
        await rig.Repository.GitAsync(["sparse-checkout", "set", "in"]);
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.False(File.Exists(Path.Combine(workspace.Info.Path, "out", "b")));
        WorkspaceFixture.Write(workspace, "in/c", "1\n");
        Assert.Equal(["in/c"], (await rig.CaptureAsync(workspace)).Files.Select(f => f.Path));
    }

    [IsolationFact]
    public async Task Line_endings_the_host_chose_do_not_show_as_changes()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.GitAsync(["config", "core.autocrlf", "true"]);
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Contains("\r\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "README.md")));
        Assert.True((await rig.CaptureAsync(workspace)).IsEmpty);
    }
}
