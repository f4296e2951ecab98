namespace Isolation.Sdk.Merging;

/// <summary>The target and all items as one reading of the refs found them.</summary>
/// <param name="Target">The target's commit; <see langword="null"/> when the ref is gone.</param>
/// <param name="TargetTree">Its tree.</param>
/// <param name="Items">Every item, in landing order.</param>
internal sealed record QueueState(string? Target, string? TargetTree, IReadOnlyList<QueueItem> Items)
{
    /// <summary>Whether the whole queue is paused, and the commit that says so.</summary>
    public (QueuePause Pause, string Commit)? Pause { get; init; }

    /// <summary>What git is asked for; no field of it can hold a NUL.</summary>
    public const string Format = "%(refname)%00%(objectname)%00%(tree)%00%(parent)%00%(contents)%00";

    /// <summary>Reads git's answer. What is no item is skipped: refs are a place where others can write too.</summary>
    public static QueueState Parse(string output, QueueLayout names)
    {
        string[] fields = output.Split('\0');
        string? commit = null;
        string? tree = null;
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

        return new QueueState(commit, tree, QueueOrder.Of(items)) { Pause = pause };
    }

    public QueueItem? Find(AttemptId attempt) => Items.FirstOrDefault(i => i.Attempt == attempt);

    /// <summary>The same, with one item changed or added.</summary>
    public QueueState With(QueueItem item) =>
        this with
        {
            Items = QueueOrder.Of([.. Items.Where(i => i.Attempt != item.Attempt), item]),
        };

    /// <summary>The same after a landing.</summary>
    public QueueState Landed(IReadOnlyCollection<AttemptId> attempts, string commit, string tree) =>
        this with
        {
            Target = commit,
            TargetTree = tree,
            Items = [.. Items.Where(i => !attempts.Contains(i.Attempt))],
        };
}
