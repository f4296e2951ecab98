using System.Diagnostics;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces.Clones;

/// <summary>A worker's repository is hostile ground: what is collected from it is the worker's own, and nothing of it
/// runs on the host.</summary>
public sealed class CloneTamperingTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData("its .git is a link to another's")]
    [InlineData("its .git is a pointer to another's")]
    [InlineData("its objects are another's")]
    [InlineData("its packs are another's")]
    [InlineData("it borrows from another")]
    [InlineData("its refs are another's")]
    [InlineData("its other half is another's")]
    public async Task Nothing_of_another_workers_is_ever_captured(string how)
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace a = await rig.AcquireAsync("a"),
            b = await rig.AcquireAsync("b");
        string secret = await CloneFixture.CommitAsync(b, "secret.txt", "secret of b\n");
        await WorkspaceFixture.GitAsync(b, "gc", "--quiet");
        WorkspaceFixture.Write(b, "staged.txt", "staged by b\n");
        await WorkspaceFixture.GitAsync(b, "add", "-A");
        string git = a.Info.GitDirectory,
            theirs = b.Info.GitDirectory;
        switch (how)
        {
            case "its .git is a link to another's":
                SafeDelete.DeleteTree(git);
                Directory.CreateSymbolicLink(git, theirs);
                break;
            case "its .git is a pointer to another's":
                SafeDelete.DeleteTree(git);
                File.WriteAllText(git, $"gitdir: {theirs}\n");
                break;
            case "it borrows from another":
                File.AppendAllText(
                    Path.Combine(git, "objects", "info", "alternates"),
                    Path.Combine(theirs, "objects") + "\n"
                );
                break;
            case "its other half is another's":
                File.WriteAllText(Path.Combine(git, "commondir"), theirs + "\n");
                break;
            default:
                string folder =
                    how == "its objects are another's" ? "objects"
                    : how == "its refs are another's" ? "refs"
                    : "objects/pack";
                SafeDelete.DeleteTree(Path.Combine(git, folder));
                Directory.CreateSymbolicLink(Path.Combine(git, folder), Path.Combine(theirs, folder));
                break;
        }

        if (Directory.Exists(Path.Combine(git, "logs")) && new DirectoryInfo(git).LinkTarget is null)
        {
            File.WriteAllText(Path.Combine(git, "HEAD"), secret + "\n");
        }

        WorkspaceFixture.Write(a, "mine.txt", "mine\n");
        Capture capture = await rig.CaptureAsync(a);

        Assert.NotEmpty(capture.Tampering);
        Assert.All(capture.Tampering, t => Assert.False(Fingerprint.IsShared(t)));
        Assert.Equal(["mine.txt"], capture.Files.Select(f => f.Path));
        Assert.Empty(capture.OtherRefs);
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.GitAsync("cat-file", "-e", secret));
        Assert.Equal(secret, await WorkspaceFixture.GitAsync(b, "rev-parse", "HEAD"));
        Capture honest = await rig.CaptureAsync(b);
        Assert.Equal((0, 2), (honest.Tampering.Count, honest.Files.Count));
        await a.ReleaseAsync(ReleaseMode.Remove);
        await rig.Provider.SettleAsync();
        Assert.Equal("staged by b\n", File.ReadAllText(Path.Combine(b.Info.Path, "staged.txt")));
        Assert.True(Directory.Exists(theirs));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Objects_that_are_gone_keep_the_files_and_the_clone()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        foreach (
            string folder in Directory
                .GetDirectories(Path.Combine(workspace.Info.GitDirectory, "objects"))
                .Where(d => Path.GetFileName(d).Length == 2)
        )
        {
            SafeDelete.DeleteTree(folder);
        }

        // By its times no file has changed since it was added, so git would not look for the content again.
        File.SetLastWriteTimeUtc(Path.Combine(workspace.Info.GitDirectory, "index"), DateTime.UtcNow.AddMinutes(1));
        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.DisposeAsync();

        Assert.Equal(["what HEAD is in .git cannot be read"], capture.Tampering);
        Assert.Equal(["mine.txt"], capture.Files.Select(f => f.Path));
        await rig.GitAsync("fsck", "--no-dangling");
    }

    [IsolationFact]
    public async Task A_commit_whose_files_are_missing_is_refused_and_kept()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await CloneFixture.CommitAsync(workspace, "gone.txt", "gone\n");
        string blob = await WorkspaceFixture.GitAsync(workspace, "rev-parse", "HEAD:gone.txt");
        await WorkspaceFixture.GitAsync(workspace, "rm", "-q", "gone.txt");
        await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        File.Delete(Path.Combine(workspace.Info.GitDirectory, "objects", blob[..2], blob[2..]));

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() => rig.CaptureAsync(workspace));
        await workspace.DisposeAsync();

        Assert.Equal("ISO0315", fault.Code);
        Assert.True(Directory.Exists(workspace.Info.Path));
        Assert.Equal(
            workspace.Info.BaseCommit,
            await rig.GitAsync("rev-parse", AttemptNames.RefName(new AttemptId("a", 1)))
        );
        await rig.GitAsync("fsck", "--no-dangling");
    }

    [IsolationFact("mkfifo", Timeout = 120_000)]
    public async Task Planted_refs_cost_neither_time_nor_the_work()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        string tip = await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        string refs = Path.Combine(workspace.Info.GitDirectory, "refs", "heads");
        using (Process pipe = Process.Start("mkfifo", [Path.Combine(refs, "pipe")]))
        {
            await pipe.WaitForExitAsync();
        }

        File.CreateSymbolicLink(Path.Combine(refs, "link"), Path.Combine(rig.GitDirectory, "refs", "heads", "main"));
        File.WriteAllText(Path.Combine(refs, "nothing"), new string('1', tip.Length) + "\n");
        File.WriteAllText(Path.Combine(refs, "long"), new string('f', 100_000));
        File.WriteAllLines(
            Path.Combine(workspace.Info.GitDirectory, "packed-refs"),
            Enumerable.Range(0, 3_000).Select(n => $"{tip} refs/heads/many/{n:0000}")
        );

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.DisposeAsync();

        Assert.Equal(tip, capture.Commit);
        Assert.Contains("more than 1000", Assert.Single(capture.Tampering), StringComparison.Ordinal);
        Assert.Empty(capture.OtherRefs);
        Assert.True(Directory.Exists(workspace.Info.Path));
    }

    [IsolationFact("sh", Tier = Tier.Ci)]
    public async Task Nothing_of_the_workers_runs_on_the_host()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace workspace = await rig.AcquireAsync();
        await CloneFixture.CommitAsync(workspace, "mine.txt", "mine\n");
        string canary = Path.Combine(rig.Repository.Root, "canary"),
            script = Path.Combine(rig.Repository.Root, "plant.sh");
        File.WriteAllText(script, $"#!/bin/sh\necho \"$0 $*\" >> '{canary}'\nexec \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        }

        File.AppendAllText(
            Path.Combine(workspace.Info.GitDirectory, "config"),
            $"[core]\n\tfsmonitor = {script}\n\tsshCommand = {script}\n\talternateRefsCommand = {script}\n"
                + $"\tpager = {script}\n\thooksPath = {rig.Repository.Root}\n[uploadpack]\n\tpackObjectsHook = "
                + $"{script}\n[remote \"x\"]\n\turl = ext::{script}\n\tuploadpack = {script}\n\tpromisor = true\n"
                + $"[extensions]\n\tpartialClone = x\n"
        );
        foreach (string hook in new[] { "post-checkout", "reference-transaction", "post-index-change", "pre-commit" })
        {
            File.Copy(
                script,
                Path.Combine(
                    Directory.CreateDirectory(Path.Combine(workspace.Info.GitDirectory, "hooks")).FullName,
                    hook
                )
            );
        }

        WorkspaceFixture.Write(workspace, "left.txt", "left\n");
        Capture capture = await rig.CaptureAsync(workspace);

        Assert.False(File.Exists(canary), File.Exists(canary) ? File.ReadAllText(canary) : "");
        Assert.Equal(["left.txt", "mine.txt"], capture.Files.Select(f => f.Path));
        Assert.Empty(capture.Tampering);
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_work_tree_that_was_moved_elsewhere_by_config_is_not_what_is_captured()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        IWorkspace a = await rig.AcquireAsync("a"),
            b = await rig.AcquireAsync("b");
        WorkspaceFixture.Write(b, "secret.txt", "secret\n");
        WorkspaceFixture.Write(a, "mine.txt", "mine\n");
        await WorkspaceFixture.GitAsync(a, "config", "core.worktree", b.Info.Path);
        Assert.Equal(["mine.txt"], (await rig.CaptureAsync(a)).Files.Select(f => f.Path));
    }
}
