using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

public class RevertTests
{
    private const string Before = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";
    private static readonly string After = Before.Replace("two", "TWO", StringComparison.Ordinal);
    private static readonly AttemptId Earlier = new("earlier", 1);
    private static readonly AttemptId Stale = new("stale", 1);

    public static TheoryData<string, string?, string[]> Candidates =>
        new()
        {
            { Before, null, ["f.txt", "new.txt"] }, // A stale tree on a fresh parent.
            { Before.Replace("seven", "SEVEN", StringComparison.Ordinal), "kept\n", ["f.txt"] }, // One place of many.
            { After.Replace("seven", "SEVEN", StringComparison.Ordinal), "kept, and more\n", [] },
        };

    [IsolationTheory]
    [MemberData(nameof(Candidates))]
    public async Task What_undoes_an_earlier_landing_is_named_and_held_by_option(
        string f,
        string? added,
        string[] undone
    )
    {
        await using QueueFixture bench = await QueueFixture.CreateAsync(("f.txt", Before));
        await using (IMergeQueue first = await MergeStrategies.FirstWins().OpenAsync(bench.Target))
        {
            Capture landed = await bench.WorkAsync(null, ("f.txt", After), ("new.txt", "kept\n"));
            await first.SubmitAsync(new MergeRequest(Earlier, landed));
            Assert.Empty((await QueueFixture.EndAsync(first, Earlier)).Undoes);
        }

        // Another queue knows it from the target's history alone.
        Capture work = await bench.WorkAsync(null, ("f.txt", f), ("new.txt", added), ("other.txt", "x\n"));
        await using IMergeQueue queue = await MergeStrategies
            .FirstWins(o => o.HoldReverts = true)
            .OpenAsync(bench.Target);
        await queue.SubmitAsync(new MergeRequest(Stale, work));
        MergeStatus seen = await QueueFixture.UntilAsync(queue, Stale, s =>
            s.State is MergeState.Held or MergeState.Landed
        );
        Assert.Equal(undone.Length > 0 ? MergeState.Held : MergeState.Landed, seen.State);
        if (undone.Length > 0)
        {
            Assert.StartsWith("Approval: It puts back", seen.Reason, StringComparison.Ordinal);
            await queue.ApproveAsync(Stale, work.Commit, "ada");
        }

        MergeStatus end = await QueueFixture.EndAsync(queue, Stale);
        Assert.Equal(MergeState.Landed, end.State);
        Assert.Equal(undone, end.Undoes.GetValueOrDefault("earlier", []));
        Assert.Equal(
            undone.Length == 0
                ? null
                : $"It puts back what was there before others landed: earlier in " + $"{string.Join(", ", undone)}.",
            end.Reason
        );
    }
}
