using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What a worker made goes onto the commit it was given, whatever it did to that commit.</summary>
public sealed class HistoryFromBaseTests
{
    private const string Second = "second.txt";

    [IsolationTheory(DefaultRows = 4)]
    [InlineData(
        "echo third >> second.txt; echo n > new.txt; git add -A; git commit -q --amend --no-edit",
        "new.txt second.txt"
    )]
    [InlineData("git reset -q --hard HEAD~1; echo n > new.txt", "new.txt second.txt")]
    [InlineData("git reset -q --hard HEAD~1", "")]
    [InlineData("git reset -q HEAD~1", "")]
    [InlineData("git reset -q --hard HEAD~1; echo n > new.txt; git add -A; git commit -qm new", "new.txt second.txt")]
    [InlineData("git commit -q --amend -m 'Another message'", "")]
    [InlineData("git reset -q --soft HEAD~1; echo n > new.txt; git add -A; git commit -qm both", "new.txt")]
    [InlineData(
        "echo n > new.txt; git add -A; git commit -qm n; echo m > new.txt; git commit -qa --amend -m m",
        "new.txt"
    )]
    [InlineData("git checkout -q --orphan fresh; echo n > new.txt; git add -A; git commit -qm fresh", "new.txt")]
    public async Task Only_what_it_changed_lands(string script, string changed)
    {
        foreach (bool clone in new[] { false, true })
        {
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
            await rig.Repository.CommitAsync("Second", new Dictionary<string, string> { [Second] = "second\n" });
            await using PrivateCloneProvider clones = new(rig.Options, TimeProvider.System);
            IWorkspace workspace = await rig.AcquireAsync(provider: clone ? clones : null);
            await using IStateScope scope = rig.Scope(workspace);
            const string Who = "git config --global user.name w; git config --global user.email w@w; ";
            ExecResult answer = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", Who + script));
            Assert.True(answer.ExitCode == 0, answer.Error);

            Capture capture = await rig.CaptureAsync(workspace);

            Assert.Equal(changed, string.Join(' ', capture.Files.Select(f => f.Path).Order(StringComparer.Ordinal)));
            Assert.Equal(workspace.Info.BaseCommit, capture.BaseCommit);
            Assert.Equal(changed.Length == 0, capture.Commit == capture.BaseCommit);
            await rig.Repository.GitAsync(["merge-base", "--is-ancestor", capture.BaseCommit, capture.Commit]);
            await workspace.ReleaseAsync(ReleaseMode.Remove);
        }
    }
}
