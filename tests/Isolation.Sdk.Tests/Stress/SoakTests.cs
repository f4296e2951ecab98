using Isolation.Sdk.Tests.Infrastructure;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>Many items with everything that can happen to one, by chance; what has to hold holds all the
/// same.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    [IsolationFact(Tier = Tier.Ci)]
    public Task Sixteen_items_of_all_sorts_end_once_each() => RunAsync(seed: 7, items: 16, atOnce: 4);

    [IsolationTheory(Tier = Tier.Soak, Timeout = 1_800_000)]
    [InlineData(200, 8)]
    public Task Two_hundred_items_of_all_sorts_end_once_each(int items, int atOnce) =>
        RunAsync(Environment.TickCount, items, atOnce);

    private async Task RunAsync(int seed, int items, int atOnce)
    {
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        WorkItem[] work = new WorkItem[items];
        Dictionary<string, int> fates = new(StringComparer.Ordinal);
        for (int n = 0; n < items; n++)
        {
            string[] blockers =
                n > 3 && random.Next(3) == 0
                    ? [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => $"i{random.Next(n)}").Distinct()]
                    : [];
            work[n] = PipelineFixture.Item($"i{n}", blockers) with { Priority = random.Next(3) };
            fates[work[n].Id] = random.Next(100);
        }

        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => (o.MaxWorkers, o.MaxAttempts) = (atOnce, 2))
            .RunWith(
                async (worker, token) =>
                {
                    string own = $"{worker.Item.Id}.txt";
                    switch (fates[worker.Item.Id])
                    {
                        case < 10: // Throws, with something written.
                            await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, own), "half\n", token);
                            throw new InvalidOperationException("by chance");
                        case < 20 when worker.Id.Number == 1: // Fails once.
                            return new RunResult.Failed("by chance, once");
                        case < 25:
                            return new RunResult.Failed("for good", Retryable: false);
                        case < 30:
                            return new RunResult.Done(); // Without a change.
                        case < 50: // Fights for the same lines.
                            await PipelineFixture.CommitAsync(worker, "README.md", $"# {worker.Id}\n", token);
                            return new RunResult.Done();
                        case < 60: // Leaves it uncommitted.
                            await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, own), "left\n", token);
                            return new RunResult.Done();
                        default:
                            return await PipelineFixture.WriteAndCommitAsync(worker, token);
                    }
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start(work);
        List<string> streamed = [];
        await foreach (WorkItemResult result in run)
        {
            streamed.Add(result.Item.Id);
        }

        IsolationSummary summary = await run.Completion;
        string what = $"seed {seed}";
        Assert.Equal(work.Select(w => w.Id).Order(StringComparer.Ordinal), streamed.Order(StringComparer.Ordinal));
        Assert.Equal(items, summary.Items.Select(i => i.Item.Id).Distinct().Count());
        string[] landed = (
            await rig.GitAsync(
                "log",
                "--first-parent",
                "--format=%(trailers:key=Isolation-Item,valueonly,separator=)",
                $"main..{PipelineFixture.Target}"
            )
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(
            landed
                .Order(StringComparer.Ordinal)
                .SequenceEqual(
                    summary
                        .Items.Where(i => i.Outcome == ItemOutcome.Landed)
                        .Select(i => i.Item.Id)
                        .Order(StringComparer.Ordinal)
                ),
            $"{what}: {string.Join(' ', landed)}"
        );
        Dictionary<string, ItemOutcome> outcomes = summary.Items.ToDictionary(i => i.Item.Id, i => i.Outcome);
        foreach (WorkItemResult result in summary.Items)
        {
            bool expected = result.Outcome switch
            {
                ItemOutcome.Landed => fates[result.Item.Id] is >= 10 and (< 20 or >= 30)
                    && result.Item.BlockedBy.All(b =>
                        outcomes[b] == ItemOutcome.NoChange
                        || Array.IndexOf(landed, b) > Array.IndexOf(landed, result.Item.Id)
                    ),
                ItemOutcome.Failed => fates[result.Item.Id] < 25,
                ItemOutcome.NoChange => fates[result.Item.Id] is >= 25 and < 30,
                ItemOutcome.Conflicted => fates[result.Item.Id] is >= 30 and < 50,
                ItemOutcome.Skipped => result.Attempts.Count == 0
                    && result.Item.BlockedBy.Any(b => outcomes[b] is not (ItemOutcome.Landed or ItemOutcome.NoChange)),
                _ => false,
            };
            Assert.True(
                expected,
                $"{what}: {result.Item.Id} with fate {fates[result.Item.Id]}, blocked by "
                    + $"{string.Join(' ', result.Item.BlockedBy)}, is {result.Outcome}: {result.Reason}"
            );
        }

        await NothingIsLeftAsync(rig, summary, what);
    }

    private static async Task NothingIsLeftAsync(PipelineFixture rig, IsolationSummary summary, string what)
    {
        string[] refs = (await rig.GitAsync("for-each-ref", "--format=%(refname)")).Split('\n');
        string[] attempts =
        [
            .. summary
                .Items.SelectMany(i => i.Attempts)
                .Select(a => $"refs/isolation/attempts/{a.Attempt.Item}/{a.Attempt.Number}"),
        ];
        string[] strange =
        [
            .. refs.Except(attempts)
                .Except(["refs/heads/main", $"refs/heads/{PipelineFixture.Target}"])
                .Where(r =>
                    !r.StartsWith("refs/isolation/mq/", StringComparison.Ordinal)
                    && !r.StartsWith("refs/heads/isolation/", StringComparison.Ordinal)
                ),
        ];
        Assert.True(strange.Length == 0, $"{what}: {string.Join(' ', strange)}");

        // A branch may stay for what did not land: its commits are for whoever looks into it.
        string[] landed =
        [
            .. summary
                .Items.Where(i => i.Outcome == ItemOutcome.Landed)
                .Select(i => $"refs/heads/isolation/{i.Item.Id}/{i.Attempts[^1].Attempt.Number}/work"),
        ];
        Assert.True(!refs.Intersect(landed).Any(), $"{what}: {string.Join(' ', refs.Intersect(landed))}");
        Assert.Single((await rig.GitAsync("worktree", "list")).Split('\n'));
        Assert.Empty(Directory.GetFiles(Path.Combine(rig.Repository.Path, ".git", "isolation", "leases")));
        Assert.DoesNotContain(Directory.GetDirectories(rig.Workers), d => !Path.GetFileName(d).StartsWith('.'));
        Assert.Equal(attempts.Length, Directory.GetFiles(rig.Workers, "*.log").Length);
    }
}
