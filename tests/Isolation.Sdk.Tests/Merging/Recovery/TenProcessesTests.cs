using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.Merging.Recovery;

/// <summary>Many processes at the queue of one target.</summary>
public sealed class TenProcessesTests
{
    private const int Processes = 10;
    private const int Each = 2;

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 900_000)]
    public async Task Ten_open_one_queue_the_acting_one_is_killed_and_another_goes_on_in_order()
    {
        const string What = "ten processes";
        await using KilledQueueFixture bench = await KilledQueueFixture.CreateAsync(
            Enumerable
                .Range(0, Processes * Each)
                .Select(n => n is 7 or 12 ? QueuePlan.Bad($"i{n}") : QueuePlan.Good($"i{n}"))
        );
        QueueStore store = await bench.StoreAsync();
        Assert.True(
            await store.TryPauseAsync(
                await store.ReadAsync(CancellationToken.None),
                new QueuePause(MergeHoldReason.Paused, "for the test"),
                CancellationToken.None
            )
        );
        QueueRequest request = new(bench.StepsFolder, [])
        {
            Watch = [.. bench.Works.Select(w => w.Item)],
            KillAt = nameof(QueueStep.AfterBookkeeping),
            KillOn = 2,
            KillToken = Path.Combine(bench.Fixture.Repository.Root, "killed"),
        };
        HostProcess[] hosts = [.. Enumerable.Range(0, Processes).Select(_ => HostProcess.Start())];
        try
        {
            for (int i = 0; i < hosts.Length; i++)
            {
                await hosts[i]
                    .SendAsync(bench.Ask(request with { Submit = [.. bench.Works.Skip(i * Each).Take(Each)] }));
            }

            while (bench.Submitted().Count < Processes * Each)
            {
                Assert.DoesNotContain(hosts, h => h.HasExited);
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }

            // Everybody is there, and one of them has taken the seat.
            QueueState waiting = await store.ReadAsync(CancellationToken.None);
            string[] order = [.. waiting.Items.Select(i => i.Attempt.Item)];
            Assert.Equal(Processes * Each, order.Length);
            Assert.True(Acted(bench, QueueStep.AfterTakeover) <= 1);
            Assert.True(await store.TryPauseAsync(waiting, null, CancellationToken.None));

            HostAnswer?[] answers = await Task.WhenAll(hosts.Select(h => h.WaitUntilKilledAsync()));
            Assert.Single(answers, a => a is null);
            foreach (HostAnswer answer in answers.OfType<HostAnswer>())
            {
                Assert.Null(answer.Crash);
                bench.Compare(answer, What);
            }

            Assert.Equal(2, Acted(bench, QueueStep.AfterTransaction));
            await bench.CheckAsync(What, order);
        }
        finally
        {
            foreach (HostProcess host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    private static int Acted(KilledQueueFixture bench, QueueStep step) =>
        bench.Trails().Count(t => t.Contains(step.ToString()));
}
