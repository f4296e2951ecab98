using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging.Recovery;

/// <summary>What somebody sees of the target who knows nothing of the queue.</summary>
public sealed class OutsideObserverTests
{
    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 900_000)]
    public async Task Groups_appear_as_one_tested_step_each_also_when_others_push_in_between()
    {
        const string What = "four slots, outside pushes";
        QueuePlan[] plans =
        [
            .. Enumerable
                .Range(0, 24)
                .Select(n =>
                    n switch
                    {
                        5 or 13 => QueuePlan.Bad($"i{n}"),
                        3 => QueuePlan.Shared($"i{n}", first: true),
                        9 => QueuePlan.Shared($"i{n}", first: false),
                        16 => QueuePlan.Good($"i{n}", "i2"),
                        _ => QueuePlan.Good($"i{n}"),
                    }
                ),
        ];
        await using KilledQueueFixture bench = await KilledQueueFixture.CreateAsync(plans);
        IMergeStrategy strategy = MergeStrategies.Refinery(
            o =>
            {
                o.Gates.Add("sh", "-c", KilledQueueFixture.Gate);
                o.BatchSize = 2;
            },
            new ProcessSandbox(new ProcessSandboxOptions())
        );
        await using (IMergeQueue queue = await strategy.OpenAsync(bench.Fixture.Target))
        {
            await queue.PauseAsync("for the test");
            await bench.SubmitAsync(plans.Length);
            await queue.ResumeAsync();
            foreach (int n in new[] { 0, 6, 12, 18 })
            {
                await QueueFixture.EndAsync(queue, new AttemptId($"i{n}", 1));
                await bench.PushOutsideAsync($"outside{n}.txt");
            }

            foreach (QueuePlan plan in plans)
            {
                MergeStatus end = await QueueFixture.EndAsync(queue, new AttemptId(plan.Item, 1));
                Assert.True(plan.End == end.State, $"{plan.Item}: {end.State}, {end.Reason}");
            }
        }

        await bench.CheckAsync(What);
        Assert.Contains(await bench.JournalAsync(), e => e.State == JournalState.Landed && e.Items.Count > 1);
        Assert.Equal(
            4,
            (await bench.Fixture.GitAsync("ls-tree", "--name-only", "target"))
                .Split('\n')
                .Count(f => f.StartsWith("outside", StringComparison.Ordinal))
        );
    }
}
