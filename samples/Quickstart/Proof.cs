using System.Text.Json;
using Isolation.Sdk;
using Isolation.Sdk.Monitoring;

namespace Quickstart;

/// <summary>One thing the library says of itself, looked up afterwards in git, files and logs.</summary>
internal sealed record Promise(string Name, bool Kept, string Proof);

/// <summary>Checks the promises of a run by what it left on the disk, not by what the pipeline says.</summary>
internal sealed class Proof(DemoRepository demo, IsolationSummary summary)
{
    public async Task<IReadOnlyList<Promise>> CheckAsync(CanonicalState before, CancellationToken cancellationToken) =>
        [
            Overlap(),
            Conflict(),
            await DependentAsync(cancellationToken),
            await GateAsync(cancellationToken),
            Canonical(before, await CanonicalState.ReadAsync(demo.Checkout, cancellationToken)),
        ];

    /// <summary>Two workers ran at the same time, by the time stamps in their logs.</summary>
    private Promise Overlap()
    {
        (AttemptId Attempt, DateTimeOffset From, DateTimeOffset To)[] ran =
        [
            .. summary
                .Items.SelectMany(i => i.Attempts)
                .Select(Ran)
                .OfType<(AttemptId, DateTimeOffset, DateTimeOffset)>(),
        ];
        var pairs = ran.SelectMany(
            (a, i) =>
                ran.Skip(i + 1)
                    .Select(b =>
                        (First: a, Second: b, Span: (a.To < b.To ? a.To : b.To) - (a.From > b.From ? a.From : b.From))
                    )
        );
        var longest = pairs.OrderByDescending(p => p.Span).FirstOrDefault();
        return longest.Span > TimeSpan.Zero
            ? new Promise(
                "overlap",
                true,
                $"{longest.First.Attempt} and {longest.Second.Attempt} ran at the same time for "
                    + $"{longest.Span.TotalSeconds:0.0} s"
            )
            : new Promise("overlap", false, "no two workers ever ran at the same time");
    }

    /// <summary>Of the two that change one line, one landed, and the other's conflict names the file and the
    /// winner.</summary>
    private Promise Conflict()
    {
        WorkItemResult[] rivals = [Of("rounding"), Of("tax-rate")];
        WorkItemResult? winner = rivals.SingleOrDefault(r => r.Outcome == ItemOutcome.Landed);
        WorkItemResult? loser = rivals.SingleOrDefault(r => r.Outcome == ItemOutcome.Conflicted);
        return
            winner is not null
            && loser?.Merge?.Conflict is { } conflict
            && conflict.Files.Select(f => f.Path).SequenceEqual(["shop/Price.cs"])
            && conflict.With.SequenceEqual([winner.Item.Id])
            ? new Promise(
                "conflict",
                true,
                $"{loser.Item.Id} was refused for shop/Price.cs, where {winner.Item.Id} had landed; its work is pinned"
            )
            : new Promise(
                "conflict",
                false,
                string.Join(", ", rivals.Select(r => $"{r.Item.Id} ended as {r.Outcome}"))
            );
    }

    /// <summary>What waited for another item started from a commit that has it.</summary>
    private async Task<Promise> DependentAsync(CancellationToken cancellationToken)
    {
        string? blocker = Of("cart-total").Merge?.LandedCommit;
        string? start = Of("receipt").Attempts.LastOrDefault()?.BaseCommit;
        return
            blocker is not null
            && start is not null
            && await Git.SaysAsync(demo.Checkout, cancellationToken, "merge-base", "--is-ancestor", blocker, start)
            ? new Promise(
                "dependent",
                true,
                $"receipt started from {start[..9]}, which has cart-total's {blocker[..9]}"
            )
            : new Promise("dependent", false, "receipt did not start from what cart-total landed");
    }

    /// <summary>Every tree on the target has a green line in the gate's log.</summary>
    private async Task<Promise> GateAsync(CancellationToken cancellationToken)
    {
        string listed = await Git.RunAsync(
            demo.Checkout,
            cancellationToken,
            "log",
            "--first-parent",
            "--format=%T",
            $"main..{DemoRepository.Target}"
        );
        string[] landed = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        HashSet<string?> green =
        [
            .. (File.Exists(demo.GateLog) ? await File.ReadAllLinesAsync(demo.GateLog, cancellationToken) : []).Select(
                GreenTree
            ),
        ];
        string[] untested = [.. landed.Where(t => !green.Contains(t))];
        return landed.Length > 0 && untested.Length == 0
            ? new Promise("gate", true, $"{landed.Length} trees landed, and the gate was green on each of them")
            : new Promise(
                "gate",
                false,
                landed.Length == 0
                    ? "nothing landed"
                    : $"landed untested: tree {string.Join(", ", untested.Select(t => t[..9]))}"
            );
    }

    /// <summary>The checkout the run started from is the same, byte by byte.</summary>
    private static Promise Canonical(CanonicalState before, CanonicalState after) =>
        before == after
            ? new Promise("canonical", true, $"the same before and after: {after}")
            : new Promise("canonical", false, $"it was {before}; it is {after}");

    private WorkItemResult Of(string item) => summary.Items.Single(i => i.Item.Id == item);

    private static (AttemptId, DateTimeOffset, DateTimeOffset)? Ran(AttemptReport attempt)
    {
        WorkerEvent[] stages =
        [
            .. attempt.Log is { } log && File.Exists(log)
                ? WorkerMonitor.ReadLog(log).Where(e => e.Kind == WorkerEventKind.Stage)
                : [],
        ];
        return
            stages.FirstOrDefault(e => e.Stage == Stage.Run) is { } from
            && stages.FirstOrDefault(e => e.Stage == Stage.Capture) is { } to
            ? (attempt.Attempt, from.At, to.At)
            : null;
    }

    private static string? GreenTree(string line)
    {
        using JsonDocument parsed = JsonDocument.Parse(line);
        return parsed.RootElement.GetProperty("verdict").GetString() == "Pass"
            ? parsed.RootElement.GetProperty("tree").GetString()
            : null;
    }
}
