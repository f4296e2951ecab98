using Isolation.Sdk.Merging;
using Isolation.Sdk.Monitoring;
using Rig.Terminal;

namespace Rig.Viewing;

/// <summary>A merge queue for people: a line or two about the whole, a row for each attempt.</summary>
internal static class QueueText
{
    private const int MaxLandings = 5;
    private const int MaxNamed = 3;

    public static IEnumerable<string> Header(QueueReport queue)
    {
        yield return $"{WorkerView.Short(queue.Target.Ref)} @ {Plain.Commit(queue.Commit)} | "
            + $"{Doing(queue)}{Gates(GatesDocument.Of(queue))}";
        if (queue.Pause is { } halt)
        {
            string why = halt.BrokenTarget is { } broken
                ? $"the target is red by itself at {Plain.Commit(broken)}"
                : "paused";
            string passes = halt.MinimumPriority is { } pass ? $" (priority {pass} and higher passes)" : "";
            yield return $"{why}: {halt.Reason}{passes}";
        }

        if (queue.Obstacle is { } obstacle)
        {
            yield return $"in the way: {obstacle}";
        }
    }

    public static Columns Table(QueueReport queue, DateTimeOffset now)
    {
        Columns table = new("#", "ATTEMPT", "STATE", "WITH", "SINCE", "WHY");
        int place = 0;
        foreach (MergeStatus item in queue.Items.Concat(queue.Landed.Take(MaxLandings)))
        {
            string? since = item.Since is { } at ? WorkerStatus.FormatDuration(now - at) : "";
            table.Add(
                IsInLine(item) ? $"{++place}" : "",
                item.Attempt.ToString(),
                Cell.State(Plain.Word(item.State)),
                With(item),
                since,
                Why(queue, item)
            );
        }

        return table;
    }

    /// <summary>Whether it may go on: those are in landing order, and ahead of all others.</summary>
    public static bool IsInLine(MergeStatus item) =>
        item.State is MergeState.Queued or MergeState.Testing or MergeState.Landing;

    /// <summary>One attempt as one line, without anything that changes by itself.</summary>
    public static string Line(QueueReport queue, MergeStatus item) =>
        string.Join(
            " | ",
            new[]
            {
                item.Attempt.ToString(),
                Plain.Word(item.State),
                With(item) is { Length: > 0 } with ? $"with {with}" : "",
                Why(queue, item),
            }.Where(t => t.Length > 0)
        );

    private static string Doing(QueueReport queue) =>
        queue switch
        {
            { Testing: [] } => queue.IsActing ? "idle" : "nobody acts",
            _ => $"acting, {queue.Testing.Count} of {queue.MaxConcurrency} "
                + $"slots{(queue.Testing.Any(t => t.IsTarget) ? ", testing the target itself" : "")}",
        };

    private static string Gates(GatesDocument gates) =>
        gates.Runs == 0
            ? ""
            : $" | gate green {gates.Passes} of {gates.Runs}{(gates.Flakes > 0 ? $", {gates.Flakes} flaky" : "")}";

    private static string With(MergeStatus item) =>
        item.With.Count <= MaxNamed
            ? string.Join(", ", item.With)
            : $"{string.Join(", ", item.With.Take(MaxNamed))} and {item.With.Count - MaxNamed} more";

    private static string Why(QueueReport queue, MergeStatus item) =>
        item switch
        {
            { State: MergeState.Landed, LandedCommit: { } commit } => Plain.Commit(commit),
            { State: MergeState.Testing } => queue.Testing.FirstOrDefault(t => t.Attempts.Contains(item.Attempt))
                is { IsRetry: true }
                ? "it was red, and is tested once more"
                : "",
            { State: MergeState.Queued, Reason: null } when !queue.IsActing =>
                "waits for a process that opens the queue",
            { Reason: { } reason } => reason,
            _ => item.Title ?? "",
        };
}
