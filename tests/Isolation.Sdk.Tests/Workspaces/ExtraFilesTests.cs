using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class ExtraFilesTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData("left alone")]
    [InlineData("changed")]
    [InlineData("staged by force")]
    [InlineData("committed by force")]
    [InlineData("committed and removed again")]
    [InlineData("no longer ignored")]
    public async Task Ignored_files_are_copied_in_and_never_captured(string what)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
        {
            o.CopyIgnored.Add(".env");
            o.CopyIgnored.Add("**/*.secret");
        });
        await rig.Repository.CommitAsync(
            "Ignore",
            new Dictionary<string, string> { [".gitignore"] = ".env\n*.secret\n", ["app/main"] = "x\n" }
        );
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".env"), "KEY=1\n");
        File.WriteAllText(Path.Combine(rig.Repository.Path, "app", "a b.secret"), "s\n");
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("KEY=1\n", File.ReadAllText(Path.Combine(workspace.Info.Path, ".env")));
        Assert.Equal("s\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "app", "a b.secret")));
        WorkspaceFixture.Write(workspace, "work.txt", "work\n");
        switch (what)
        {
            case "changed":
                WorkspaceFixture.Write(workspace, ".env", "KEY=2\n");
                break;
            case "staged by force":
                await WorkspaceFixture.GitAsync(workspace, "add", "-f", ".env", "app");
                break;
            case "committed by force" or "committed and removed again":
                await WorkspaceFixture.GitAsync(workspace, "add", "-f", ".env", "app", "work.txt");
                await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "Oops");
                break;
            case "no longer ignored":
                File.Delete(Path.Combine(workspace.Info.Path, ".gitignore"));
                break;
        }

        if (what == "committed and removed again")
        {
            await WorkspaceFixture.GitAsync(workspace, "rm", "-q", "--cached", ".env", "app/a b.secret");
            await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "Back");
        }

        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Contains("work.txt", capture.Files.Select(f => f.Path));
        Assert.DoesNotContain(capture.Files, f =>
            f.Path.EndsWith(".env", StringComparison.Ordinal) || f.Path.EndsWith(".secret", StringComparison.Ordinal)
        );
        string history = await rig.Repository.GitAsync([
            "log",
            "--name-only",
            "--format=",
            $"{capture.BaseCommit}..{capture.Commit}",
        ]);
        Assert.DoesNotContain(".env", history);
        Assert.DoesNotContain(".secret", history);
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shared_folders_are_linked_in_and_neither_captured_nor_deleted(bool committed)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.AddSymbolicLink("node_modules").AddSymbolicLink("data/models", "../models")
        );
        await rig.Repository.CommitAsync(
            "Ignore",
            new Dictionary<string, string> { [".gitignore"] = "node_modules/\n", ["node_modules/x/index.js"] = "1\n" }
        );
        string models = Directory.CreateDirectory(Path.Combine(rig.Repository.Root, "models")).FullName;
        File.WriteAllText(Path.Combine(models, "m"), "m\n");
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "node_modules", "x", "index.js")));
        Assert.Equal("m\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "data", "models", "m")));
        WorkspaceFixture.Write(workspace, "work.txt", "work\n");
        if (committed)
        {
            await WorkspaceFixture.GitAsync(workspace, "add", "-A");
            await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "All");
        }

        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Equal(["work.txt"], capture.Files.Select(f => f.Path));
        await workspace.DisposeAsync();
        await rig.Provider.SettleAsync();
        Assert.False(Directory.Exists(workspace.Info.Path));
        Assert.True(File.Exists(Path.Combine(models, "m")));
        Assert.True(File.Exists(Path.Combine(rig.Repository.Path, "node_modules", "x", "index.js")));
    }

    [IsolationFact]
    public async Task A_copy_is_not_written_through_a_link_of_the_base_commit()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.CopyIgnored.Add("conf/.env"));
        string outside = Directory.CreateDirectory(Path.Combine(rig.Repository.Root, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(rig.Repository.Path, "conf"), outside);
        await rig.Repository.CommitAsync("Link", new Dictionary<string, string> { [".gitignore"] = ".env\n" });
        File.Delete(Path.Combine(rig.Repository.Path, "conf"));
        Directory.CreateDirectory(Path.Combine(rig.Repository.Path, "conf"));
        File.WriteAllText(Path.Combine(rig.Repository.Path, "conf", ".env"), "KEY=1\n");
        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() => rig.AcquireAsync());
        Assert.Equal("ISO0310", fault.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }
}
