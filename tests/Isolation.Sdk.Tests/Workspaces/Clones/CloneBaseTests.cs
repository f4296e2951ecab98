using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces.Clones;

/// <summary>What a clone borrows stays, whatever kind of repository it is borrowed from.</summary>
public sealed class CloneBaseTests
{
    [IsolationFact]
    public async Task The_repositorys_own_gc_takes_nothing_that_is_borrowed()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        await rig.GitAsync("checkout", "-q", "-b", "dropped");
        await rig.Repository.CommitAsync("Dropped", new Dictionary<string, string> { ["dropped.txt"] = "only here\n" });
        IWorkspace workspace = await rig.AcquireAsync();
        await rig.GitAsync("checkout", "-q", "main");
        await rig.GitAsync("branch", "-D", "dropped");
        await rig.GitAsync("reflog", "expire", "--expire=now", "--all");

        await rig.GitAsync("gc", "--prune=now", "--quiet");

        await WorkspaceFixture.GitAsync(workspace, "fsck", "--no-dangling");
        await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        Capture capture = await rig.CaptureAsync(workspace);
        await rig.GitAsync("gc", "--prune=now", "--quiet");
        Assert.Equal(
            "only here",
            await WorkspaceFixture.GitAsync(workspace, "show", $"{capture.BaseCommit}:dropped.txt")
        );
        Assert.Equal("only here", await rig.GitAsync("show", $"{capture.Commit}:dropped.txt"));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("sha256")]
    [InlineData("shallow")]
    [InlineData("borrowing itself")]
    [InlineData("bare")]
    [InlineData("packed")]
    [InlineData("in a path with spaces and more")]
    public async Task Any_kind_of_repository_can_be_borrowed_from(string kind)
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync(elsewhere: throwaway =>
            MakeAsync(throwaway, kind)
        );
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        string tip = await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        WorkspaceFixture.Write(workspace, "left.txt", "left\n");
        await WorkspaceFixture.GitAsync(workspace, "tag", "-am", "mine", "mine");

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(["left.txt", "mine.txt"], capture.Files.Select(f => f.Path).Order());
        Assert.Equal(tip, await rig.GitAsync("rev-parse", $"{capture.Commit}^"));
        Assert.Equal("refs/tags/mine", Assert.Single(capture.OtherRefs).Key);
        Assert.Empty(capture.Tampering);
        await rig.GitAsync("fsck", "--no-dangling");
        await workspace.DisposeAsync();
        Assert.False(Directory.Exists(workspace.Info.Path));
    }

    [IsolationFact(Tools.Linux, Tools.Root, "chown")]
    public async Task A_clone_that_came_to_belong_to_another_user_is_collected_all_the_same()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        using System.Diagnostics.Process chown = System.Diagnostics.Process.Start(
            "chown",
            ["-R", "65534:65534", workspace.Info.Path]
        );
        await chown.WaitForExitAsync();

        WorkspaceFixture.Write(workspace, "mine.txt", "mine\n");
        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(["mine.txt"], capture.Files.Select(f => f.Path));
        await workspace.DisposeAsync();
        Assert.False(Directory.Exists(workspace.Info.Path));
    }

    [IsolationFact]
    public async Task An_attempt_that_was_not_issued_at_that_commit_gets_nothing()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        FakeLease lease = new("never-issued");
        WorkspaceRequest request = new(lease, new RepositoryRef(rig.Path), await rig.GitAsync("rev-parse", "HEAD"));

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(async () =>
            await rig.Provider.AcquireAsync(request)
        );

        Assert.Equal(("ISO0305", Stage.Workspace), (fault.Code, fault.Stage));
        Assert.False(Directory.Exists(rig.Path + ".workers"));
    }

    [IsolationFact]
    public async Task A_clone_of_a_dead_host_is_found_by_a_host_that_makes_worktrees_and_the_other_way_round()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace clone = await rig.AcquireAsync("clone");
        WorkspaceFixture.Write(clone, "unsaved.txt", "precious");
        await using GitWorktreeProvider worktrees = new(new WorkspaceOptions(), TimeProvider.System);
        AttemptId linked = new("linked", 1);
        await rig.GitAsync("update-ref", AttemptNames.RefName(linked), clone.Info.BaseCommit, "");
        using AttemptLease lease = rig.Store.Create(linked);
        IWorkspace worktree = await worktrees.AcquireAsync(
            new WorkspaceRequest(lease, new RepositoryRef(rig.Path), clone.Info.BaseCommit)
        );
        LeaseRecord[] records = [.. rig.Store.List()];

        IWorkspace? again = await worktrees.ReopenAsync(records.Single(r => r.Attempt.Item == "clone"));
        IWorkspace? other = await rig.Provider.ReopenAsync(records.Single(r => r.Attempt.Item == "linked"));

        Assert.Equal((clone.Info, worktree.Info), (again!.Info, other!.Info));
        Assert.Equal(["unsaved.txt"], again.FindUnpinnedFiles(5));
        await again.ReleaseAsync(ReleaseMode.KeepIfUnmerged);
        Assert.True(File.Exists(Path.Combine(clone.Info.Path, "unsaved.txt")));
        await other.ReleaseAsync(ReleaseMode.Remove);
        Assert.False(Directory.Exists(worktree.Info.Path));
        Assert.Equal("", await rig.GitAsync("branch", "--list", "isolation/*"));
    }

    [IsolationFact]
    public async Task A_quarantined_clone_stays_and_says_so()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.Quarantine);
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        GitWorkspace again = Assert.IsType<PrivateCloneWorkspace>(
            await rig.Provider.ReopenAsync(rig.Store.List().Single())
        );
        Assert.True(again.IsQuarantined);
        await again.ReleaseAsync(ReleaseMode.KeepIfUnmerged);
        Assert.True(Directory.Exists(workspace.Info.Path));
    }

    [IsolationFact]
    public async Task A_throwaway_clone_leaves_nothing()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        LeakSnapshot before = await LeakAssert.SnapshotAsync(
            repository.Path,
            new LeakScope { MayAppear = ["repo.workers"] }
        );
        await using (StandaloneWorkspace clone = await StandaloneWorkspace.CreateCloneAsync(repository.Path))
        {
            Assert.Equal(clone.Branch, await ThrowawayRepository.GitInAsync(clone.Path, ["branch", "--show-current"]));
            await ThrowawayRepository.GitInAsync(clone.Path, ["commit", "-q", "--allow-empty", "-m", "Mine"]);
            await ThrowawayRepository.GitInAsync(clone.Path, ["tag", "mine"]);
        }

        await before.AssertNothingLeakedAsync();
        Assert.DoesNotContain(Directory.GetDirectories(repository.Path + ".workers"), d =>
            Path.GetFileName(d)[0] != '.'
        );
    }

    private static async Task<string> MakeAsync(ThrowawayRepository throwaway, string kind)
    {
        string made = Path.Combine(throwaway.Root, "made");
        switch (kind)
        {
            case "sha256":
                await ThrowawayRepository.GitInAsync(
                    throwaway.Root,
                    ["init", "-q", "-b", "main", "--object-format=sha256", made]
                );
                File.WriteAllText(Path.Combine(made, "a.txt"), "a\n");
                await ThrowawayRepository.GitInAsync(made, ["add", "-A"]);
                await ThrowawayRepository.GitInAsync(made, ["commit", "-qm", "First"]);
                return made;
            case "shallow":
                await throwaway.CommitAsync("Second", new Dictionary<string, string> { ["b.txt"] = "b\n" });
                await ThrowawayRepository.GitInAsync(
                    throwaway.Root,
                    ["clone", "-q", "--depth", "1", $"file://{throwaway.Path}", made]
                );
                return made;
            case "borrowing itself":
                await ThrowawayRepository.GitInAsync(throwaway.Root, ["clone", "-q", "--shared", throwaway.Path, made]);
                return made;
            case "bare":
                await ThrowawayRepository.GitInAsync(throwaway.Root, ["clone", "-q", "--bare", throwaway.Path, made]);
                return made;
            case "packed":
                await ThrowawayRepository.GitInAsync(throwaway.Path, ["gc", "--quiet"]);
                return throwaway.Path;
            default:
                made = Path.Combine(throwaway.Root, "a b \"c\" #ü:d");
                await ThrowawayRepository.GitInAsync(throwaway.Root, ["clone", "-q", throwaway.Path, made]);
                return made;
        }
    }
}
