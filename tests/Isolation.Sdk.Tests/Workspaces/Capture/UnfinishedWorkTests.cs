using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A worker that ends in the middle of something has not done it, whatever its exit code says.</summary>
public sealed class UnfinishedWorkTests
{
    private const string Fork =
        "git checkout -q --detach; echo theirs > README.md; git commit -qam theirs; T=$(git rev-parse HEAD); "
        + "git checkout -q -; echo mine > README.md; git commit -qam mine; ";

    private const string Whole = "echo whole > README.md; ";

    [IsolationTheory(DefaultRows = 3)]
    [InlineData(Fork + "git merge $T", "a merge (MERGE_HEAD), with a file unmerged: README.md", false)]
    [InlineData(Fork + "git rebase $T", "a rebase (rebase-merge)", true)]
    [InlineData(
        "echo x > README.md; git stash -q; " + Fork + "git stash pop",
        "left a file unmerged: README.md",
        false
    )]
    [InlineData(Fork + "git cherry-pick $T", "a cherry-pick (CHERRY_PICK_HEAD)", false)]
    [InlineData(Fork + "git cherry-pick $T $T~0", "a series of cherry-picks", true)]
    [InlineData(Fork + "git revert $T", "a revert (REVERT_HEAD)", false)]
    [InlineData(Fork + "git format-patch -q -1 $T -o ../; git am ../0001*", "a 'git am' or rebase", true)]
    [InlineData(Fork + "git bisect start; git bisect bad", "a bisect (BISECT_LOG)", true)]
    [InlineData(Fork + "git merge $T; " + Whole + "git add -A", "a merge (MERGE_HEAD)", false)]
    [InlineData(
        "git checkout -q --detach; git rm -q README.md; git commit -qm no; T=$(git rev-parse HEAD); git checkout -q -; "
            + "echo mine > README.md; git commit -qam mine; git merge $T",
        "unmerged: README.md",
        false
    )]
    public async Task What_is_under_way_is_named_and_pinned(string script, string named, bool keeps)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await RunAsync(rig, workspace, script);

        Capture capture = await rig.CaptureAsync(workspace);

        IsolationFault fault = Assert.Single(capture.Unfinished);
        Assert.Equal("ISO0321", fault.Code);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Contains("refs/isolation/attempts/a/1", fault.Remedy, StringComparison.Ordinal);
        Assert.NotEmpty(capture.Files);
        Assert.Equal(keeps, workspace.IsPinned == false);
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(Fork + "git merge $T; " + Whole)]
    [InlineData(Fork + "git merge $T; git merge --abort; " + Whole)]
    [InlineData(Fork + "git merge $T; " + Whole + "git commit -qam merged")]
    [InlineData(Fork + "git rebase $T; " + Whole + "git add -A; GIT_EDITOR=true git rebase --continue")]
    public async Task Who_made_the_files_whole_is_done(string script)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await RunAsync(rig, workspace, script);

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Empty(capture.Unfinished);
        Assert.Empty(capture.Holds);
        Assert.Equal("whole", await rig.Repository.GitAsync(["show", $"{capture.Commit}:README.md"]));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("git commit -qam markers", true, true)]
    [InlineData("git commit -qam markers", false, true)]
    [InlineData("git mv README.md DOCS.md; git commit -qam moved", true, true)]
    [InlineData("sed -i 's/^/> /' README.md", true, false)]
    public async Task Markers_that_were_not_there_before_wait_for_somebody(string script, bool holds, bool found)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.Capture.HoldConflictMarkers = holds
        );
        const string Text = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\n";
        await rig.Repository.CommitAsync("Had", new Dictionary<string, string> { ["how to merge.txt"] = Text });
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "README.md", Text);
        WorkspaceFixture.Write(workspace, "how to merge.txt", Text + "more\n");
        await RunAsync(rig, workspace, script);

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Empty(capture.Unfinished);
        string[] said = [.. (holds ? capture.Holds : capture.Notices).Where(n => n.Contains("markers"))];
        Assert.Equal(found ? 1 : 0, said.Length);
        Assert.All(said, s => Assert.DoesNotContain("how to merge", s, StringComparison.Ordinal));
        Assert.Empty(holds ? capture.Notices : capture.Holds);
    }

    [IsolationFact]
    public async Task An_attempt_in_the_middle_of_a_merge_fails_and_is_tried_again()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = fixture
            .Compose(o => o.MaxAttempts = 2)
            .RunProcess(
                "sh",
                "-c",
                "case $ISOLATION_ATTEMPT in *2) echo 2 > two.txt;; *) " + Fork + "git merge $T; true;; esac"
            )
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.Equal(2, result.Attempts.Count);
        AttemptReport first = result.Attempts[0];
        Assert.Equal(("ISO0321", Stage.Capture), (first.Fault?.Code, first.FailedIn));
        Assert.Contains("README.md", Assert.IsType<RunResult.Failed>(first.Result).Reason, StringComparison.Ordinal);
    }

    private static async Task RunAsync(WorkspaceFixture rig, IWorkspace workspace, string script)
    {
        await using IStateScope scope = rig.Scope(workspace);
        WorkerCommand command = WorkerCommand.Of(
            "sh",
            "-c",
            "git config --global user.name w; git config --global user.email w@w; " + script + "\ntrue"
        );
        ExecResult answer = await scope.ExecAsync(command);
        Assert.True(answer.ExitCode == 0, answer.Error);
    }
}
