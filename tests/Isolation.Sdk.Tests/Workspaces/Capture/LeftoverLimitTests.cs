using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>What a tool left behind in masses is not taken for a worker's work.</summary>
public sealed class LeftoverLimitTests
{
    [IsolationTheory]
    [InlineData(3, 1_000, "'node_modules/'", "MaxLeftoverFiles")]
    [InlineData(10, 20, "'node_modules/'", "MaxLeftoverBytes")]
    [InlineData(10, 1_000, null, null)]
    public async Task Too_many_leftovers_hold_the_attempt(int files, long bytes, string? most, string? limit)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            (o.Capture.MaxLeftoverFiles, o.Capture.MaxLeftoverBytes) = (files, bytes)
        );
        IWorkspace workspace = await rig.AcquireAsync();
        WorkspaceFixture.Write(workspace, "mine.txt", "mine\n");
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "Mine");
        foreach (int n in Enumerable.Range(0, 4))
        {
            WorkspaceFixture.Write(workspace, $"node_modules/{n}/index.js", "12345678");
        }

        WorkspaceFixture.Write(workspace, "left.txt", "x\n");

        Capture capture = await rig.CaptureAsync(workspace);
        await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);

        Assert.Equal(limit is null ? 6 : 1, capture.Files.Count);
        Assert.Equal(limit is null, capture.Unfinished.Count == 0);
        Assert.Equal(limit is not null, Directory.Exists(workspace.Info.Path));
        Assert.All(capture.Unfinished, fault =>
        {
            Assert.Equal("ISO0322", fault.Code);
            Assert.Contains(most!, fault.Message, StringComparison.Ordinal);
            Assert.Contains(limit!, fault.Remedy, StringComparison.Ordinal);
        });
    }
}
