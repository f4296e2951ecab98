using Isolation.Sdk.IO;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class AcquireTests
{
    [IsolationFact]
    public async Task A_workspace_has_the_files_of_its_base_on_a_branch_of_its_own_and_is_locked()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.CommitAsync(
            "More",
            new Dictionary<string, string> { ["src/a b\nc.txt"] = "1\n", ["ünï.txt"] = "2\n" }
        );
        IWorkspace workspace = await rig.AcquireAsync("Auth 1");

        string slug = Slug.Of("Auth 1");
        Assert.Equal(Path.Combine(rig.Workers, $"{slug}.1", "work"), workspace.Info.Path);
        Assert.Equal($"isolation/{slug}/1/work", workspace.Info.Branch);
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "src", "a b\nc.txt")));
        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "ünï.txt")));
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        Assert.Equal(workspace.Info.Branch, await WorkspaceFixture.GitAsync(workspace, "branch", "--show-current"));
        Assert.Equal(
            workspace.Info.GitDirectory,
            await WorkspaceFixture.GitAsync(workspace, "rev-parse", "--absolute-git-dir")
        );
        Assert.Contains(
            $"locked isolation attempt {slug}.1",
            await rig.Repository.GitAsync(["worktree", "list", "--porcelain"])
        );
        IReadOnlyDictionary<string, string> notes = rig.Store.List().Single().Notes;
        Assert.Equal(workspace.Info.Path, notes["workspace.path"]);
        Assert.Equal(workspace.Info.Branch, notes["workspace.branch"]);
        Assert.Equal(workspace.Info.GitDirectory, notes["workspace.gitdir"]);
    }

    [IsolationFact]
    public async Task Work_is_captured_and_outlives_its_workspace()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "one.txt", "1\n");
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "One");
        WorkspaceFixture.Write(workspace, "two.txt", "1\n2\n");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.DisposeAsync();
        await rig.Provider.SettleAsync();

        Assert.True(capture.HadLeftovers);
        Assert.Empty(capture.Tampering);
        Assert.Equal(
            [new("one.txt", FileChangeKind.Added, 1, 0), new("two.txt", FileChangeKind.Added, 2, 0)],
            capture.Files
        );
        Assert.Equal(capture.Commit, await rig.Repository.GitAsync(["rev-parse", "refs/isolation/attempts/a/1"]));
        Assert.False(Directory.Exists(workspace.Info.Path));
        Assert.DoesNotContain("work", await rig.Repository.GitAsync(["worktree", "list"]));
        Assert.Equal("One", await rig.Repository.GitAsync(["log", "-1", "--format=%s", workspace.Info.Branch!]));
        Assert.Contains("+2", await capture.ReadPatchAsync(new RepositoryRef(rig.Repository.Path)));
    }

    [IsolationFact("git-lfs")]
    public async Task Files_in_lfs_arrive_with_their_content_and_go_back_as_pointers()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.GitAsync(["lfs", "install", "--local"]);
        await rig.Repository.CommitAsync(
            "Large",
            new Dictionary<string, string>
            {
                [".gitattributes"] = "*.bin filter=lfs diff=lfs merge=lfs -text\n",
                ["a.bin"] = "content\n",
            }
        );
        Assert.StartsWith("version https://git-lfs", await rig.Repository.GitAsync(["cat-file", "blob", "HEAD:a.bin"]));
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("content\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "a.bin")));
        WorkspaceFixture.Write(workspace, "b.bin", "more\n");
        Capture capture = await rig.CaptureAsync(workspace);
        Assert.StartsWith(
            "version https://git-lfs",
            await rig.Repository.GitAsync(["cat-file", "blob", $"{capture.Commit}:b.bin"])
        );
    }

    [IsolationTheory]
    [InlineData("work/{item}/{attempt}", "work/a/1")]
    [InlineData("work/{item}", "work/a/1")]
    [InlineData("{attempt}-{item}", "1-a")]
    public async Task The_branch_follows_its_template_and_always_has_the_attempt_in_it(string template, string branch)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.BranchTemplate = template);
        IWorkspace first = await rig.AcquireAsync();
        IWorkspace second = await rig.AcquireAsync(number: 2);
        Assert.Equal(branch, first.Info.Branch);
        Assert.NotEqual(branch, second.Info.Branch);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Hostile_ids_get_workspaces_beside_each_other()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string[] ids =
        [
            "../x",
            "-x",
            "a b",
            "a\nb",
            "a@{b",
            "a.lock",
            new string('x', 5_000),
            "e\u0301",
            "\u00e9",
            "con",
            "a",
            "a/x",
            "A",
            "..",
            "refs/heads/main",
        ];
        List<string> paths = [];
        foreach (string id in ids)
        {
            IWorkspace workspace = await rig.AcquireAsync(id);
            Assert.Equal(rig.Workers, Path.GetDirectoryName(Path.GetDirectoryName(workspace.Info.Path)));
            paths.Add(workspace.Info.Path.ToUpperInvariant());
        }

        Assert.Equal(ids.Length, paths.Distinct().Count());
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_repository_can_be_bare_with_sha256_or_a_linked_worktree_itself()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string root = rig.Repository.Root;
        await rig.Repository.GitAsync(["clone", "-q", "--bare", ".", Path.Combine(root, "bare.git")]);
        await rig.Repository.GitAsync(["worktree", "add", "-q", "--detach", Path.Combine(root, "linked")]);
        await ThrowawayRepository.GitInAsync(root, ["init", "-q", "--object-format=sha256", "long"]);
        await ThrowawayRepository.GitInAsync(
            Path.Combine(root, "long"),
            ["commit", "-q", "--allow-empty", "-m", "Start"]
        );
        foreach (string path in new[] { "bare.git", "linked", "long" })
        {
            await using StandaloneWorkspace tree = await StandaloneWorkspace.CreateWorktreeAsync(
                Path.Combine(root, path)
            );
            Assert.Equal(tree.BaseCommit, await ThrowawayRepository.GitInAsync(tree.Path, ["rev-parse", "HEAD"]));
            Assert.StartsWith(
                path == "bare.git" ? Path.Combine(root, "bare.git.workers")
                    : path == "linked" ? rig.Workers
                    : Path.Combine(root, "long.workers"),
                tree.Path
            );
        }
    }
}
