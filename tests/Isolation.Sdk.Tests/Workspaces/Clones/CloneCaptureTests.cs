using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces.Clones;

public sealed class CloneCaptureTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_was_committed_on_any_ref_is_found_and_pinned()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        Task<string> Git(params string[] arguments) => WorkspaceFixture.GitAsync(workspace, arguments);
        string main = await CloneFixture.CommitAsync(workspace, "main.txt", "main\n");
        await Git("checkout", "-q", "-b", "idea");
        string idea = await CloneFixture.CommitAsync(workspace, "idea.txt", "idea\n");
        await Git("checkout", "-q", "--detach", main);
        string detached = await CloneFixture.CommitAsync(workspace, "detached.txt", "detached\n");
        await Git("tag", "light");
        await Git("checkout", "-q", workspace.Info.Branch!);
        foreach (string text in new[] { "older", "newer" })
        {
            WorkspaceFixture.Write(workspace, "main.txt", text + "\n");
            await Git("stash", "push", "-q");
        }

        await Git("tag", "-am", "says something", "said");
        await Git("notes", "add", "-m", "noted");
        await Git("branch", "behind", workspace.Info.BaseCommit);
        string beside = Path.GetFullPath(Path.Combine(workspace.Info.Path, "..", "beside"));
        await Git("worktree", "add", "-q", "--detach", beside);
        await ThrowawayRepository.GitInAsync(beside, ["commit", "-q", "--allow-empty", "-m", "Beside"]);
        string besideTip = await ThrowawayRepository.GitInAsync(beside, ["rev-parse", "HEAD"]);
        await Git("hash-object", "-w", "main.txt");
        await Git("pack-refs", "--all");

        Capture capture = await rig.CaptureAsync(workspace);
        await rig.GitAsync("gc", "--prune=now", "--quiet");

        Assert.Equal((main, false), (capture.Commit, capture.HadLeftovers));
        IReadOnlyDictionary<string, string> found = capture.OtherRefs;
        Assert.Equal(
            [
                "refs/heads/idea",
                "refs/notes/commits",
                "refs/stash",
                "refs/tags/light",
                "refs/tags/said",
                "stash@{1}",
                "worktrees/beside/HEAD",
            ],
            found.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            (idea, detached, besideTip),
            (
                await rig.GitAsync("rev-parse", found["refs/heads/idea"]),
                await rig.GitAsync("rev-parse", found["refs/tags/light"]),
                await rig.GitAsync("rev-parse", found["worktrees/beside/HEAD"])
            )
        );
        Assert.Equal("refs/isolation/extra/a/1/heads/idea", found["refs/heads/idea"]);
        Assert.Equal("older", await rig.GitAsync("show", $"{found["stash@{1}"]}:main.txt"));
        Assert.Equal("newer", await rig.GitAsync("show", $"{found["refs/stash"]}:main.txt"));
        Assert.Equal(["main.txt"], capture.Files.Select(f => f.Path));
        Assert.Equal(
            "refs/heads/main",
            await rig.GitAsync(
                "for-each-ref",
                "--format=%(refname)",
                "refs/heads",
                "refs/tags",
                "refs/notes",
                "refs/stash"
            )
        );

        Capture again = await rig.CaptureAsync(workspace);
        Assert.Equal(capture.OtherRefs, again.OtherRefs);
        await rig.GitAsync("fsck", "--no-dangling");
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("unborn")]
    [InlineData("amended base")]
    [InlineData("back in time")]
    public async Task A_history_that_does_not_start_from_the_base_is_brought_onto_it_and_kept_beside(string how)
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        await rig.Repository.CommitAsync("Second", new Dictionary<string, string> { ["second.txt"] = "2\n" });
        IWorkspace workspace = await rig.AcquireAsync();
        string[] step = how switch
        {
            "unborn" => ["checkout", "-q", "--orphan", "fresh"],
            "amended base" => ["commit", "-q", "--amend", "-m", "Amended"],
            _ => ["reset", "-q", "--hard", "HEAD~1"],
        };
        await WorkspaceFixture.GitAsync(workspace, step);
        string tip = await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(capture.BaseCommit, await rig.GitAsync("rev-parse", $"{capture.Commit}^"));
        Assert.Equal(
            await rig.GitAsync("rev-parse", $"{tip}^{{tree}}"),
            await rig.GitAsync("rev-parse", $"{capture.Commit}^{{tree}}")
        );
        Assert.Equal(tip, await rig.GitAsync("rev-parse", capture.OtherRefs["HEAD"]));
        Assert.Equal(
            how == "back in time" ? ["mine.txt", "second.txt"] : ["mine.txt"],
            capture.Files.Select(f => f.Path)
        );
        Assert.Empty(capture.Tampering);
    }

    [IsolationFact]
    public async Task What_was_copied_in_is_captured_from_no_ref()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync(o => o.CopyIgnored.Add(".env"));
        await rig.Repository.CommitAsync("Ignore", new Dictionary<string, string> { [".gitignore"] = ".env\n" });
        File.WriteAllText(Path.Combine(rig.Path, ".env"), "SECRET\n");
        IWorkspace workspace = await rig.AcquireAsync();
        await WorkspaceFixture.GitAsync(workspace, "add", "-f", ".env");
        await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        await WorkspaceFixture.GitAsync(workspace, "branch", "copy");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-q", "--amend", "-m", "Twice");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.DisposeAsync();

        Assert.Equal(["mine.txt"], capture.Files.Select(f => f.Path));
        Assert.Empty(capture.OtherRefs);
        Assert.Equal("", await rig.GitAsync("log", "--all", "--format=%h", "--", ".env"));
        Assert.True(Directory.Exists(workspace.Info.Path), "not all of it could be pinned, and it is gone");
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_is_written_after_the_capture_keeps_the_clone()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        foreach (string late in new[] { "file", "branch", "stash" })
        {
            IWorkspace workspace = await rig.AcquireAsync(late);
            await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
            await rig.CaptureAsync(workspace);
            Assert.True(workspace.IsPinned);
            string[] step = late switch
            {
                "branch" => ["branch", "late"],
                "stash" => ["update-ref", "refs/stash", "HEAD"],
                _ => ["checkout", "-q", "HEAD~1", "--", "."],
            };
            if (late == "file")
            {
                WorkspaceFixture.Write(workspace, "late.txt", "late\n");
            }

            await WorkspaceFixture.GitAsync(workspace, step);
            await workspace.DisposeAsync();
            Assert.True(Directory.Exists(workspace.Info.Path), late);
        }
    }
}
