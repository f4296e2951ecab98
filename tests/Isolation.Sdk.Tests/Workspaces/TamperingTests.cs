using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What git would trust and a worker altered is found, and not trusted.</summary>
public class TamperingTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData("common config")]
    [InlineData("worktree config")]
    [InlineData("included config")]
    public async Task Programs_planted_in_config_do_not_run(string where)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.GitAsync(["config", "extensions.worktreeConfig", "true"]);
        await rig.Repository.CommitAsync(
            "Filter",
            new Dictionary<string, string> { [".gitattributes"] = "*.txt filter=pwn\n", ["a.txt"] = "1\n" }
        );
        IWorkspace workspace = await rig.AcquireAsync();
        string canary = Path.Combine(rig.Repository.Root, "canary");
        string script = Path.Combine(rig.Repository.Root, "plant.sh");
        File.WriteAllText(script, $"#!/bin/sh\necho ran >> '{canary}'\nsed s/^/INJECTED/\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        }

        string planted =
            $"[core]\n\tfsmonitor = {script}\n[filter \"pwn\"]\n\tclean = {script}\n\tsmudge = {script}\n"
            + $"[diff]\n\texternal = {script}\n";
        string config = Path.Combine(
            where == "worktree config" ? workspace.Info.GitDirectory : Path.Combine(rig.Repository.Path, ".git"),
            where == "worktree config" ? "config.worktree" : "config"
        );
        if (where == "included config")
        {
            string included = Path.Combine(rig.Repository.Root, "included");
            File.WriteAllText(included, planted);
            planted = $"[include]\n\tpath = {included}\n";
        }

        File.AppendAllText(config, planted);
        WorkspaceFixture.Write(workspace, "a.txt", "2\n");
        WorkspaceFixture.Write(workspace, "b.txt", "3\n");
        Capture capture = await rig.CaptureAsync(workspace);

        Assert.False(File.Exists(canary), "a planted program ran");
        Assert.Single(capture.Tampering, t => t.Contains("config", StringComparison.Ordinal));
        Assert.Equal(["a.txt", "b.txt"], capture.Files.Select(f => f.Path));
        Assert.Equal("2", await rig.Repository.GitAsync(["cat-file", "blob", $"{capture.Commit}:a.txt"]));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_pointer_bent_to_another_worker_takes_nothing_from_it_and_gives_nothing_to_it()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace a = await rig.AcquireAsync("a");
        IWorkspace b = await rig.AcquireAsync("b");
        WorkspaceFixture.Write(b, "b.txt", "b\n");
        await WorkspaceFixture.GitAsync(b, "add", "-A");
        await WorkspaceFixture.GitAsync(b, "commit", "-qm", "B");
        string tip = await WorkspaceFixture.GitAsync(b, "rev-parse", "HEAD");
        File.WriteAllText(Path.Combine(a.Info.Path, ".git"), $"gitdir: {b.Info.GitDirectory}\n");
        WorkspaceFixture.Write(a, "a.txt", "a\n");
        Capture capture = await rig.CaptureAsync(a);
        Assert.Equal([".git pointer was changed"], capture.Tampering);
        Assert.Equal(["a.txt"], capture.Files.Select(f => f.Path));
        Assert.Equal(a.Info.BaseCommit, await rig.Repository.GitAsync(["rev-parse", $"{capture.Commit}^"]));
        Assert.Equal(tip, await WorkspaceFixture.GitAsync(b, "rev-parse", "HEAD"));
        Assert.Empty((await rig.CaptureAsync(b)).Tampering);
    }

    [IsolationFact]
    public async Task A_worker_that_removed_its_pointer_is_captured_all_the_same()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        File.Delete(Path.Combine(workspace.Info.Path, ".git"));
        WorkspaceFixture.Write(workspace, "a.txt", "a\n");
        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Equal([".git pointer was removed"], capture.Tampering);
        Assert.Equal(["a.txt"], capture.Files.Select(f => f.Path));
    }
}
