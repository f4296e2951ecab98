using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>An attempt whose machine was lost is retired by the one that takes its place.</summary>
public sealed class LostNodeTests
{
    private const string First = "refs/isolation/attempts/a/1";

    [IsolationFact]
    public async Task The_next_attempt_retires_the_lost_one_as_it_is_issued()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string? seen = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .UseDispatcher((inner, _) => new LosingDispatcher(inner, () => Task.CompletedTask))
            .RunWith(
                async (worker, token) =>
                {
                    seen = await rig.GitAsync("for-each-ref", "--format=%(refname)", "refs/isolation/attempts/");
                    return await PipelineFixture.WriteAndCommitAsync(worker, token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Landed, result.Outcome);
        Assert.Equal("refs/isolation/attempts/a/2", seen);
    }

    [IsolationFact]
    public async Task What_a_lost_machine_had_pushed_stays_pinned()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string pushed = await rig.GitAsync("commit-tree", "-m", "late", "-p", "main", "main^{tree}");
        await using IsolationPipeline pipeline = rig.Compose()
            .UseDispatcher((inner, _) => new LosingDispatcher(inner, () => rig.GitAsync("update-ref", First, pushed)))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, 2), (result.Outcome, result.LastAttempt!.Attempt.Number));
        Assert.Equal(pushed, await rig.GitAsync("rev-parse", First));
    }

    private sealed class LosingDispatcher(IWorkerDispatcher inner, Func<Task> before) : IWorkerDispatcher
    {
        public async Task<AttemptReport> DispatchAsync(WorkerAssignment assignment, CancellationToken cancellationToken)
        {
            if (assignment.Attempt.Number > 1)
            {
                return await inner.DispatchAsync(assignment, cancellationToken);
            }

            await before();
            return new AttemptReport(assignment.Attempt, new RunResult.NodeLost("node-7", "It does not answer."));
        }

        public ValueTask<bool> SendAsync(
            AttemptId attempt,
            WorkerMessage message,
            CancellationToken cancellationToken
        ) => inner.SendAsync(attempt, message, cancellationToken);

        public ValueTask<bool> StopAsync(AttemptId attempt, TimeSpan grace, CancellationToken cancellationToken) =>
            inner.StopAsync(attempt, grace, cancellationToken);

        public IAsyncEnumerable<DispatchedAttempt> ListAsync(CancellationToken cancellationToken) =>
            inner.ListAsync(cancellationToken);
    }
}
