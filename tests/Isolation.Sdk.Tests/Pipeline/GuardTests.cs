using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Pipeline.Inspection;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Pipeline;

public sealed class GuardTests
{
    [IsolationFact]
    public async Task A_worker_that_gave_up_before_it_was_let_in_is_suspected_of_nothing()
    {
        await using PipelineRig rig = await PipelineRig.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => guard.EnterAsync(Worker(rig, "gave-up"), new CancellationToken(canceled: true)));
        await guard.EnterAsync(Worker(rig, "ran"), CancellationToken.None);
        await rig.GitAsync("tag", "v1");

        Finding finding = Assert.Single(await guard.LeaveAsync(new AttemptId("ran", 1), CancellationToken.None));
        Assert.Equal("refs/tags/v1", finding.What);
        Assert.Equal([new AttemptId("ran", 1)], finding.Suspects);
    }

    [IsolationFact]
    public async Task Many_who_come_and_go_at_once_share_looks_and_miss_nothing()
    {
        await using PipelineRig rig = await PipelineRig.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);
        string[] items = [.. Enumerable.Range(1, 16).Select(i => $"item-{i}")];

        await Task.WhenAll(items.Select(i => Task.Run(() => guard.EnterAsync(Worker(rig, i), CancellationToken.None))));
        await rig.GitAsync("tag", "v1");
        IReadOnlyList<Finding>[] found = await Task.WhenAll(items.Select(i => Task.Run(() => guard.LeaveAsync(new AttemptId(i, 1), CancellationToken.None))));

        Assert.All(found, f => Assert.Equal("refs/tags/v1", Assert.Single(f).What));
        Assert.All(found, f => Assert.Equal(16, Assert.Single(f).Suspects.Count));
    }

    private static async Task<ContaminationGuard> GuardAsync(PipelineRig rig)
    {
        GitRepository repository = await GitHost.OpenAsync(rig.Repository.Path);
        LeaseStore leases = new(repository.CommonDirectory, repository.Reference, TimeProvider.System);
        return new ContaminationGuard(repository, leases, WorkersFolder.Beside(repository.CommonDirectory), $"refs/heads/{PipelineRig.Target}", watchCheckout: true, TimeProvider.System);
    }

    private static GuardedWorker Worker(PipelineRig rig, string item) =>
        new(new AttemptId(item, 1), new WorkspaceInfo(Path.Combine(rig.Workers, item), Path.Combine(rig.Repository.Path, ".git", "worktrees", item), $"isolation/{item}/1/work", new string('0', 40)));
}
