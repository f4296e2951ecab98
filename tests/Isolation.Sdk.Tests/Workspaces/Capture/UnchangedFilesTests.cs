using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What any checkout shows as modified is nobody's work.</summary>
public sealed class UnchangedFilesTests
{
    [IsolationTheory]
    [InlineData(":", "")]
    [InlineData("echo b > b.md", "b.md")]
    [InlineData("echo more >> crlf.txt", "crlf.txt")]
    [InlineData("echo b > b.md; git add b.md; git commit -qm b", "b.md")]
    public async Task A_file_that_a_checkout_shows_as_modified_is_not_the_workers(string script, string changed)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.CommitAsync("CRLF", new Dictionary<string, string> { ["crlf.txt"] = "a\r\nb\r\n" });
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".gitattributes"), "*.txt text eol=lf\n");
        await rig.Repository.GitAsync(["add", ".gitattributes"]);
        await rig.Repository.GitAsync(["commit", "-qm", "LF"]);
        IWorkspace workspace = await rig.AcquireAsync();
        await using IStateScope scope = rig.Scope(workspace);
        const string Who = "git config --global user.name w; git config --global user.email w@w; ";
        ExecResult answer = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", Who + script));
        Assert.True(answer.ExitCode == 0, answer.Error);

        // Where the index is no newer than a file, git looks into it.
        File.SetLastWriteTimeUtc(Path.Combine(workspace.Info.GitDirectory, "index"), DateTime.UnixEpoch.AddSeconds(1));
        Assert.Contains(
            "crlf.txt",
            await WorkspaceFixture.GitAsync(workspace, "--no-optional-locks", "status", "--porcelain"),
            StringComparison.Ordinal
        );

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(changed, string.Join(' ', capture.Files.Select(f => f.Path)));
    }
}
