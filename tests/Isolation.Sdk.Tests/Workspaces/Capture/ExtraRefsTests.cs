using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What only a worker's own git directory names outlives it.</summary>
public sealed class ExtraRefsTests
{
    private const string Commit = "git add -A && git commit -qm work && git rev-parse HEAD > \"$1\"";

    [IsolationTheory(DefaultRows = 4)]
    [InlineData("git checkout -q --detach && {0} && git checkout -q -", false)]
    [InlineData("git checkout -q -b idea && {0} && git checkout -q - && git branch -qD idea", false)]
    [InlineData("{0} && git update-ref refs/worktree/mine HEAD && git reset -q --hard HEAD~1", false)]
    [InlineData("{0} && git reset -q --hard HEAD~1", true)]
    [InlineData("{0} && git reset -q --hard HEAD~1", false)]
    [InlineData("{0} && git commit -q --amend -m again", false)]
    [InlineData("{0} && git commit -q --amend -m again", true)]
    [InlineData("git checkout -q --detach && {0} && git checkout -q -", true)]
    [InlineData("{0} && git update-ref refs/bisect/bad HEAD && rm .git/logs/HEAD; git reset -q --hard HEAD~1", true)]
    public async Task What_no_branch_has_any_more_is_pinned(string script, bool clone)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await using PrivateCloneProvider clones = new(rig.Options, TimeProvider.System);
        IWorkspace workspace = await rig.AcquireAsync(provider: clone ? clones : null);
        WorkspaceFixture.Write(workspace, "fix.txt", "fix\n");
        string lost = await RunAsync(rig, workspace, script.Replace("{0}", Commit, StringComparison.Ordinal));

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);
        await rig.Repository.GitAsync(["gc", "-q", "--prune=now"]);

        Assert.False(Directory.Exists(workspace.Info.Path));
        string pin = Assert.Single(capture.OtherRefs).Value;
        Assert.StartsWith("refs/isolation/extra/a/1/", pin, StringComparison.Ordinal);
        Assert.Equal(lost, await rig.Repository.GitAsync(["rev-parse", pin]));
        Assert.Equal("fix", await rig.Repository.GitAsync(["show", $"{lost}:fix.txt"]));
    }

    /// <summary>No process is started for it, either.</summary>
    [IsolationFact]
    public async Task Who_only_commits_leaves_nothing_else()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "one.txt", "1\n");
        await RunAsync(rig, workspace, Commit);
        WorkspaceFixture.Write(workspace, "two.txt", "2\n");
        await RunAsync(rig, workspace, Commit);
        WorkspaceFixture.Write(workspace, "left over.txt", "3\n");

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(["left over.txt", "one.txt", "two.txt"], capture.Files.Select(f => f.Path));
        Assert.Empty(capture.OtherRefs);
    }

    private static async Task<string> RunAsync(WorkspaceFixture rig, IWorkspace workspace, string script)
    {
        string lost = Path.Combine(rig.Repository.Root, "lost");
        await Shell.RunAsync(workspace.Info.Path, script, lost);
        return (await File.ReadAllTextAsync(lost)).Trim();
    }
}
