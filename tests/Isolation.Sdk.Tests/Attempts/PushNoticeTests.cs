using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Attempts;

public sealed class PushNoticeTests
{
    [IsolationFact]
    public async Task What_a_worker_pushes_is_in_its_report()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string remote = Path.Combine(rig.Repository.Root, "remote.git");
        await rig.GitAsync("init", "-q", "--bare", remote);
        await rig.GitAsync("remote", "add", "origin", remote);
        await rig.GitAsync("push", "-q", "origin", "main:older");
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "a.txt", "a\n", token);
                    await PipelineFixture.GitAsync(worker, token, "push", "-q", "origin", "HEAD:prime");
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Contains(Assert.Single(result.Attempts).Notices, n =>
            n.Contains("refs/remotes/origin/prime was moved by a push", StringComparison.Ordinal)
        );
    }
}
