using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Stress;

/// <summary>Hostile workers try whatever the leak matrix knows, at random, beside honest ones that edit, commit, build
/// and test. Nothing of the honest ones' is lost, wrong, or blamed on them.</summary>
public sealed class HostileTests(ITestOutputHelper output)
{
    private const string LastStand = "h0";

    private const string Honest = """
        set -e
        n=$1; me=$ISOLATION_WORKER
        echo "$n" > "$me.src"
        sum=$(cat ./*.src | cksum)
        printf '%s\n' "$sum" > "$me.built"
        git add -A
        git commit -qm "$me $n"
        test "$(git show "HEAD:$me.src")" = "$n"
        test "$(cat ./*.src | cksum)" = "$(cat "$me.built")"
        test "$(git rev-list --count HEAD)" = "$((n + 2))"
        """;

    [IsolationTheory(Tools.Landlock, Tier = Tier.Ci, Timeout = 300_000)]
    [InlineData(3, 1, 20)]
    public Task Honest_workers_beside_hostile_ones_are_right(int hostile, int honest, int seconds) =>
        RunAsync(hostile, honest, TimeSpan.FromSeconds(seconds));

    [IsolationTheory(Tools.Landlock, Tier = Tier.Soak, Timeout = 1_800_000)]
    [InlineData(12, 4, 600)]
    public Task Honest_workers_beside_hostile_ones_are_right_for_long(int hostile, int honest, int seconds) =>
        RunAsync(hostile, honest, TimeSpan.FromSeconds(seconds));

    private async Task RunAsync(int hostile, int honest, TimeSpan length)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.Repository.CommitAsync(
            "Something to work on",
            new Dictionary<string, string> { ["f1"] = "one\n", ["f2"] = "two\n" }
        );
        string home = Directory.CreateDirectory(Path.Combine(rig.Repository.Root, "home")).FullName;
        LeakSnapshot before = await LeakAssert.SnapshotAsync(
            rig.Repository.Path,
            new LeakScope { MayAppear = ["repo.workers"] }
        );

        // An attack that destroys the attacker's own repository comes last, or there would be nothing left to attack
        // with.
        ILookup<bool, string> attacks = LeakMatrix
            .Rows.SelectMany(row => row.Probe.AttackScripts)
            .ToLookup(script => script.Contains("rm -rf .git;", StringComparison.Ordinal));
        string[] repeatable = [.. attacks[false]];
        ConcurrentDictionary<string, string> places = new(StringComparer.Ordinal);
        ConcurrentDictionary<string, int> done = new(StringComparer.Ordinal);
        long enough = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        using CountdownEvent working = new(honest);

        async Task<RunResult> WorkAsync(IsolatedWorker worker, CancellationToken cancellationToken)
        {
            string item = worker.Item.Id;
            if (item[0] == 'g')
            {
                places[item] = worker.Workspace.Path;
                try
                {
                    while (
                        done.AddOrUpdate(item, 1, (_, n) => n + 1) is int round
                        && (round == 1 || Stopwatch.GetTimestamp() < enough)
                    )
                    {
                        ExecResult result = await worker.ExecAsync(
                            WorkerCommand.Of("sh", "-c", Honest, "sh", $"{round}"),
                            cancellationToken
                        );
                        if (result.ExitCode != 0)
                        {
                            return new RunResult.Failed($"round {round}: {result.Error}", Retryable: false);
                        }
                    }

                    done[item]--;
                    return new RunResult.Done();
                }
                finally
                {
                    working.Signal();
                }
            }

            Random random = new(seed + int.Parse(item[1..], CultureInfo.InvariantCulture));
            while (!working.IsSet)
            {
                await AttackAsync(repeatable[random.Next(repeatable.Length)]);
            }

            if (item == LastStand)
            {
                foreach (string script in attacks[true])
                {
                    await AttackAsync(script);
                }
            }

            async Task AttackAsync(string script)
            {
                string victim = places.Values.ElementAtOrDefault(random.Next(honest)) ?? "/nowhere";
                await worker.ExecAsync(
                    WorkerCommand.Of(
                        "sh",
                        "-c",
                        script,
                        "sh",
                        victim,
                        rig.Repository.Path,
                        home,
                        $"word-{seed}",
                        victim
                    ),
                    cancellationToken
                );
                done.AddOrUpdate(item, 1, (_, n) => n + 1);
            }

            return new RunResult.Done();
        }

        IsolationPipelineBuilder builder = rig.Compose(o => o.MaxWorkers = hostile + honest)
            .UseLevel(SandboxLevel.Restricted)
            .RunCommandsWith(_ => new DelegateRunner(WorkAsync));
        builder.Sandbox.UseRestricted(o =>
            (o.Limits.MaxProcesses, o.Limits.MaxMemoryBytes, o.Limits.MaxDiskBytes, o.Limits.MaxDuration) = (
                200,
                1L << 30,
                1L << 28,
                TimeSpan.FromSeconds(60)
            )
        );
        await using IsolationPipeline pipeline = builder.Build();
        WorkItem[] items =
        [
            .. Enumerable.Range(0, honest).Select(n => PipelineFixture.Item($"g{n}")),
            .. Enumerable.Range(0, hostile).Select(n => PipelineFixture.Item($"h{n}")),
        ];
        await using IsolationRun run = pipeline.Start(items);
        IsolationSummary summary = await run.Completion;
        foreach (WorkItemResult result in summary.Items)
        {
            output.WriteLine(
                $"{result.Item.Id}: {result.Outcome}, {done.GetValueOrDefault(result.Item.Id)} rounds; "
                    + $"{result.Reason} {string.Join("; ", result.Attempts.SelectMany(a => a.Contamination))}"
            );
        }

        foreach (WorkItemResult result in summary.Items.Where(r => r.Item.Id[0] == 'g'))
        {
            Assert.True(
                result.Outcome == ItemOutcome.Landed,
                $"{result.Item.Id}: {result.Outcome} {result.Reason} "
                    + $"{string.Join("; ", result.Attempts.SelectMany(a => a.Contamination))}"
            );
            Assert.Equal(
                $"{done[result.Item.Id]}",
                await rig.GitAsync("show", $"{PipelineFixture.Target}:{result.Item.Id}.1.src")
            );
        }

        // What was destroyed is kept and named; what only failed has nothing to name.
        Assert.Equal(ItemOutcome.Quarantined, summary.Items.Single(r => r.Item.Id == LastStand).Outcome);
        await rig.GitAsync("fsck", "--full", "--strict");
        IReadOnlyList<Leak> left = [];
        try
        {
            await before.AssertNothingLeakedAsync();
        }
        catch (LeakException e)
        {
            left = e.Leaks;
        }

        // Work stays pinned, and what was quarantined or could not be captured stays leased; nothing runs, and no file,
        // port or worktree is left.
        Assert.All(summary.Items.Where(r => r.Attempts.Any(a => a.KeptWorkspace is not null)), r =>
            Assert.True(
                r.Item.Id[0] == 'h' && r.Outcome is ItemOutcome.Quarantined or ItemOutcome.Failed,
                $"{r.Item.Id}: {r.Outcome}"
            )
        );
        string[] kept =
        [
            .. summary.Items.Where(r => r.Attempts.Any(a => a.KeptWorkspace is not null)).Select(r => r.Item.Id + ".1"),
        ];
        Assert.All(left, leak => Assert.True(
                leak.Kind switch
                {
                    LeakKind.Lease => kept.Contains(leak.What),
                    LeakKind.Ref => leak.What.StartsWith("refs/isolation/", StringComparison.Ordinal),
                    LeakKind.Branch => leak.What.Contains(PipelineFixture.Target, StringComparison.Ordinal),
                    _ => false,
                },
                leak.ToString()
            ));
    }
}
