using System.Text.Json;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

internal sealed record QueueState(string? Target, string? TargetTree, IReadOnlyList<QueueItem> Items)
{
    public const string Format = "%(refname)%00%(objectname)%00%(tree)%00%(parent)%00%(contents)%00";

    // What one level of priority is worth: nobody is overtaken by more than so many, so nobody starves.
    private const int Places = 100;

    private readonly Dictionary<AttemptId, QueueItem> _byAttempt = Items.ToDictionary(i => i.Attempt);

    public static QueueState Empty => new(null, null, []);

    public IReadOnlyList<QueueItem> Items { get; } = Items;

    public (QueuePause Pause, string Commit)? Pause { get; init; }

    public QueueActivity Activity { get; init; } = QueueActivity.None;

    public IEnumerable<QueueItem> Open => Items.Where(i => !i.IsTerminal);

    // What is no item is skipped: others can write refs, too.
    public static QueueState Parse(string output, QueueLayout names)
    {
        string[] fields = output.Split('\0');
        (string? commit, string? tree) = (null, null);
        (QueuePause, string)? pause = null;
        List<QueueItem> items = [];
        for (int i = 0; i + 4 < fields.Length; i += 5)
        {
            string name = fields[i].TrimStart('\n');
            if (name == names.Target)
            {
                (commit, tree) = (fields[i + 1], fields[i + 2]);
            }
            else if (name == names.Pause)
            {
                pause = QueuePause.Parse(fields[i + 4]) is { } stored ? (stored, fields[i + 1]) : null;
            }
            else if (
                QueueItem.Parse(fields[i + 1], fields[i + 4]) is { } item
                && names.Item(item.Attempt) == name
                && fields[i + 3] == item.Head
            )
            {
                items.Add(item);
            }
        }

        return new QueueState(commit, tree, Order(items)) { Pause = pause };
    }

    public QueueItem? Find(AttemptId attempt) => _byAttempt.GetValueOrDefault(attempt);

    public QueueState With(QueueItem item) => WithItems(Target, TargetTree, [.. Without(item.Attempt).Items, item]);

    public QueueState Without(AttemptId attempt) =>
        WithItems(Target, TargetTree, [.. Items.Where(i => i.Attempt != attempt)]);

    public QueueState Landed(IReadOnlySet<AttemptId> attempts, string commit, string tree) =>
        WithItems(commit, tree, [.. Items.Where(i => !attempts.Contains(i.Attempt))]);

    // By priority, then by submission, each behind what it depends on.
    public List<QueueItem> Line(Func<QueueItem, bool> isHeld, Func<AttemptId, bool> hasLanded)
    {
        List<QueueItem> waiting = [.. Open.Where(i => !isHeld(i))];
        List<QueueItem> line = [];
        while (
            waiting.Find(i =>
                i.DependsOn.All(a =>
                    hasLanded(a) || line.Exists(l => l.Attempt.Item == a.Item && l.Attempt.Number >= a.Number)
                )
            )
                is { } next
        )
        {
            line.Add(next);
            waiting.Remove(next);
        }

        return line;
    }

    public bool IsCycle(AttemptId attempt, IEnumerable<AttemptId> dependsOn)
    {
        HashSet<string> seen = [];
        Stack<string> open = new(dependsOn.Select(a => a.Item));
        while (open.TryPop(out string? item))
        {
            if (item == attempt.Item)
            {
                return true;
            }

            if (seen.Add(item))
            {
                foreach (AttemptId next in Open.Where(i => i.Attempt.Item == item).SelectMany(i => i.DependsOn))
                {
                    open.Push(next.Item);
                }
            }
        }

        return false;
    }

    private static List<QueueItem> Order(IEnumerable<QueueItem> items) =>
        [.. items.OrderBy(i => i.Sequence - ((long)Places * i.Priority)).ThenBy(i => i.Sequence)];

    private QueueState WithItems(string? target, string? tree, IReadOnlyList<QueueItem> items) =>
        new(target, tree, Order(items)) { Pause = Pause, Activity = Activity };
}

/// <summary>What the acting process does, for watchers elsewhere. It means nothing once the lock is free.</summary>
internal sealed record QueueActivity
{
    public static QueueActivity None { get; } = new();

    public IReadOnlyList<QueueCandidate> Running { get; init; } = [];

    public IReadOnlyList<ProvisionalConflict> Provisional { get; init; } = [];

    public string? Obstacle { get; init; }

    public int MaxConcurrency { get; init; }

    public QueueCandidate? CandidateOf(AttemptId attempt) =>
        Running.Where(r => r.Attempts.Contains(attempt)).MinBy(r => r.Attempts.Count);

    public string ToJson() =>
        Running.Count + Provisional.Count == 0 && Obstacle is null
            ? ""
            : JsonSerializer.Serialize(this, QueueJson.Default.QueueActivity);

    public static QueueActivity Read(QueueLayout names) =>
        QueueJson.TryRead(TextFile.TryRead(names.ActivityFile), QueueJson.Default.QueueActivity) ?? None;
}

internal sealed record ProvisionalConflict(AttemptId Attempt, MergeConflict Conflict, IReadOnlyList<AttemptId> With)
{
    public ItemHold Reason =>
        new(
            MergeHoldReason.Conflict,
            $"it collides in {string.Join(", ", Conflict.Files.Select(f => f.Path))} with "
                + $"{(With.Count == 0 ? "work" : string.Join(", ", With))} ahead of it; decided when that has "
                + $"landed or left."
        );
}
