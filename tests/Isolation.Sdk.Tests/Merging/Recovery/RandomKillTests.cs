using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Merging.Recovery;

/// <summary>Processes that act are killed at moments of chance, one after the other, while work keeps coming
/// in.</summary>
public sealed class RandomKillTests(ITestOutputHelper output)
{
    private const int LongestLife = 1_500;

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci, Timeout = 1_200_000)]
    [InlineData(30)]
    public Task Thirty_kills_at_random_moments_land_nothing_twice_and_lose_nothing(int kills) =>
        KillAsync(Environment.TickCount, kills);

    [IsolationTheory(Tools.Linux, Tier = Tier.Soak, Timeout = 3_600_000)]
    [InlineData(300)]
    public Task Three_hundred_kills_at_random_moments(int kills) => KillAsync(Environment.TickCount, kills);

    private async Task KillAsync(int seed, int kills)
    {
        string what = $"seed {seed}, {kills} kills";
        output.WriteLine(what);
        Random random = new(seed);
        await using KilledQueueFixture bench = await KilledQueueFixture.CreateAsync(Plan(random, kills + 10));

        // One half is there from the start, so that short lives have something to land; the other comes in meanwhile.
        int half = bench.Works.Count / 2;
        await bench.SubmitAsync(half);
        for (int kill = 0; kill < kills; kill++)
        {
            IReadOnlyList<string> there = bench.Submitted();
            QueueRequest request = new(bench.StepsFolder, [])
            {
                // Nobody knows whether the last one that was not confirmed is in: it is handed in again.
                Submit = [.. bench.Works.Skip(half).Take((kill + 8) / 2).Where(w => !there.Contains(w.Item))],
                KillAfter = random.Next(LongestLife),
            };
            await using HostProcess host = HostProcess.Start();
            await host.SendAsync(bench.Ask(request));
            HostAnswer? answer = await host.WaitUntilKilledAsync();
            Assert.True(answer is null, $"{what}: {answer?.Crash} {string.Join(' ', answer?.Faults ?? [])}");
        }

        int landed = (await bench.LandedAsync()).Length;
        IReadOnlyList<string> known = bench.Submitted();
        HostAnswer last = await HostProcess.AskOnceAsync(
            bench.Ask(
                new QueueRequest(bench.StepsFolder, [])
                {
                    Submit = [.. bench.Works.Skip(half).Where(w => !known.Contains(w.Item))],
                    Watch = [.. bench.Works.Select(w => w.Item)],
                }
            )
        );
        bench.Compare(last, what);
        await bench.CheckAsync(what);
        IEnumerable<string> journal = (await bench.JournalAsync())
            .GroupBy(e => e.Note ?? e.State.ToString())
            .Select(g => $"{g.Count()} {g.Key}");
        output.WriteLine(
            $"{landed} of {bench.Works.Count} had landed before the last kill; journal: {string.Join(", ", journal)}"
        );
    }

    private static IEnumerable<QueuePlan> Plan(Random random, int count)
    {
        bool shared = false;
        for (int n = 0; n < count; n++)
        {
            string item = $"i{n}";
            int fate = random.Next(100);
            QueuePlan plan = fate switch
            {
                < 8 => QueuePlan.Bad(item),
                < 12 => QueuePlan.Old(item),
                < 20 => QueuePlan.Shared(item, first: !shared),
                _ => QueuePlan.Good(item),
            };
            shared |= plan.File == QueuePlan.SharedFile;
            yield return plan;
        }
    }
}
