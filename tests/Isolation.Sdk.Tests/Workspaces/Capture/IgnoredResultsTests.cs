using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What a worker made and git ignores is in no commit, and yet not lost.</summary>
public sealed class IgnoredResultsTests
{
    private const string Rules = "out/\n*.tmp\nnode_modules/\nobj/\n.env\ntool/\n";

    [IsolationTheory]
    [InlineData("out/report.md", true)]
    [InlineData("sub/notes.tmp", true)]
    [InlineData("node_modules/left-pad/index.js", false)]
    [InlineData("src/obj/a.dll", false)]
    [InlineData("out/__pycache__/a.pyc", false)]
    public async Task Results_are_kept_beside_the_log_and_caches_are_not(string path, bool kept)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace workspace = await AcquireAsync(rig);
        WorkspaceFixture.Write(workspace, path, "result\n");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);

        string there = Path.Combine(rig.Workers, "a.1.ignored", path);
        Assert.False(Directory.Exists(workspace.Info.Path));
        Assert.True(capture.IsEmpty);
        Assert.Equal(kept ? 1 : 0, capture.IgnoredFiles);
        Assert.Equal(kept, File.Exists(there));
        Assert.Equal(kept, capture.Notices.Any(n => n.Contains("a.1.ignored", StringComparison.Ordinal)));
    }

    [IsolationFact]
    public async Task More_than_the_limit_keeps_the_workspace()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.IgnoredFiles.MaxBytes = 10);
        IWorkspace workspace = await AcquireAsync(rig);
        WorkspaceFixture.Write(workspace, "out/a.txt", "more than ten\n");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);

        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "out", "a.txt")));
        Assert.Contains("workspace is kept", Assert.Single(capture.Notices), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "a.1.ignored")));
    }

    [IsolationFact]
    public async Task What_was_copied_in_a_link_and_a_tagged_cache_are_no_results()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
        {
            o.CopyIgnored.Add(".env");
            o.IgnoredFiles.Caches.Add("mine*");
        });
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".env"), "SECRET=1\n");
        IWorkspace workspace = await AcquireAsync(rig);
        WorkspaceFixture.Write(workspace, "tool/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
        WorkspaceFixture.Write(workspace, "tool/big", "big\n");
        WorkspaceFixture.Write(workspace, "out/mine-1/a", "a\n");
        File.CreateSymbolicLink(Path.Combine(workspace.Info.Path, "out", "link"), "/etc/passwd");

        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal(0, capture.IgnoredFiles);
        Assert.Empty(capture.Notices);
    }

    private static async Task<IWorkspace> AcquireAsync(WorkspaceFixture rig)
    {
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".gitignore"), Rules);
        await rig.Repository.GitAsync(["add", ".gitignore"]);
        await rig.Repository.GitAsync(["commit", "-qm", "Rules"]);
        return await rig.AcquireAsync();
    }
}
