using Isolation.Sdk.IO;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class ProbeTests
{
    [IsolationFact]
    public async Task A_repository_is_probed_without_a_trace()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string before = await rig.SnapshotAsync();
        ProbeResult report = await rig.Provider.ProbeAsync(new RepositoryRef(rig.Repository.Path));
        Assert.Empty(report.Problems);
        Assert.Equal(IsolationGuarantees.Files, report.Sealed);
        Assert.Equal(IsolationGuarantees.None, report.Detected);
        Assert.Equal(before, await rig.SnapshotAsync());
        Assert.False(Directory.Exists(Path.Combine(rig.Repository.Path, ".git", "isolation", "locks")));
    }

    [IsolationFact]
    public async Task What_cannot_work_is_said_with_its_code()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string root = rig.Repository.Root;
        await ThrowawayRepository.GitInAsync(root, ["init", "-q", "empty"]);
        Directory.CreateDirectory(Path.Combine(root, "plain"));
        Assert.Equal(["ISO0207"], await CodesAsync(rig.Provider, Path.Combine(root, "empty")));
        Assert.Equal(["ISO0204"], await CodesAsync(rig.Provider, Path.Combine(root, "not-there")));
        Assert.Equal(["ISO0209"], await CodesAsync(rig.Provider, "relative"));
        Assert.Equal(
            ["ISO0301"],
            await CodesAsync(
                new GitWorktreeProvider(
                    new WorkspaceOptions(),
                    TimeProvider.System,
                    new WorkersDirectory("/proc/isolation")
                ),
                rig.Repository.Path
            )
        );
        Assert.Equal(
            ["ISO0312"],
            await CodesAsync(
                new GitWorktreeProvider(
                    new WorkspaceOptions(),
                    TimeProvider.System,
                    new WorkersDirectory(Path.Combine(rig.Repository.Path, "w"))
                ),
                rig.Repository.Path
            )
        );
        Assert.Equal(
            ["ISO0303"],
            await CodesAsync(
                new GitWorktreeProvider(new WorkspaceOptions { BranchTemplate = "a b" }, TimeProvider.System),
                rig.Repository.Path
            )
        );
    }

    private static async Task<string[]> CodesAsync(GitWorktreeProvider provider, string path)
    {
        ProbeResult report = await provider.ProbeAsync(new RepositoryRef(path));
        Assert.Equal(IsolationGuarantees.None, report.Sealed);
        return [.. report.Problems.Select(f => f.Code)];
    }
}
