using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

internal sealed record TargetCommit(string Commit, string? Parent, IReadOnlyList<string> Files)
{
    public string? Item { get; init; }

    public string? Attempt { get; init; }

    public string? Head { get; init; }

    public static TargetCommit Of(
        AttemptId attempt,
        string head,
        string commit,
        string? parent,
        IReadOnlyList<string> files
    ) =>
        new(commit, parent, files)
        {
            Item = LandingMessage.Name(attempt.Item),
            Attempt = LandingMessage.Name(attempt),
            Head = head,
        };
}

internal sealed class TargetHistory(QueueLayout names)
{
    private const int MaxCommits = 4096;
    private readonly Dictionary<string, TargetCommit> _steps = new();
    private readonly Dictionary<string, TargetCommit> _landed = new();
    private readonly HashSet<string> _notFound = new();

    public void Add(TargetCommit step)
    {
        if (_steps.Count >= MaxCommits)
        {
            _steps.Clear();
            _landed.Clear();
        }

        _steps[step.Commit] = step;
        if (step.Attempt is not null)
        {
            _landed.TryAdd(step.Attempt, step);
        }
    }

    public async Task<IReadOnlyList<TargetCommit>> BetweenAsync(
        string? from,
        string to,
        CancellationToken cancellationToken
    )
    {
        if (from is not null && Known(from, to) is { } known)
        {
            return known;
        }

        _notFound.Clear();
        List<TargetCommit> steps = await ReadAsync(
                cancellationToken,
                "--diff-merges=first-parent",
                "--name-only",
                "--no-renames",
                $"--max-count={MaxCommits / 8}",
                from is null ? to : $"{from}..{to}"
            )
            .ConfigureAwait(false);
        steps.ForEach(Add);
        return steps;
    }

    // Newest first. What is not known is read once: what lands from then on is.
    public async Task<IReadOnlyList<TargetCommit>> RecentAsync(
        string target,
        int count,
        CancellationToken cancellationToken
    )
    {
        if (Walk(target, count) is { } known)
        {
            return known;
        }

        List<TargetCommit> steps = await ReadAsync(
                cancellationToken,
                "--diff-merges=first-parent",
                "--name-only",
                "--no-renames",
                $"--max-count={count}",
                target
            )
            .ConfigureAwait(false);
        steps.ForEach(Add);
        return steps;
    }

    public async Task<TargetCommit?> FindAsync(AttemptId attempt, string target, CancellationToken cancellationToken)
    {
        string name = LandingMessage.Name(attempt);
        if (_landed.TryGetValue(name, out TargetCommit? step) || !_notFound.Add(name))
        {
            return step;
        }

        List<TargetCommit> found = await ReadAsync(
                cancellationToken,
                "--fixed-strings",
                $"--grep={LandingMessage.AttemptTrailer}: {name}",
                target
            )
            .ConfigureAwait(false);
        step = found.Find(s => s.Attempt == name)
            ?? await FindInJournalAsync(attempt, target, cancellationToken).ConfigureAwait(false);
        if (step is not null)
        {
            _landed.TryAdd(name, step);
        }

        return step;
    }

    // Refs are not read all at once: the item may be gone from a reading in which the target had not moved yet.
    public async Task<TargetCommit?> FindAfterAsync(
        AttemptId attempt,
        string? target,
        CancellationToken cancellationToken
    )
    {
        string? now = target is null
            ? null
            : await names.Repository.TryResolveCommitAsync(names.Target, cancellationToken).ConfigureAwait(false);
        if (now is null)
        {
            return null;
        }

        if (now != target)
        {
            await BetweenAsync(target, now, cancellationToken).ConfigureAwait(false);
        }

        return await FindAsync(attempt, now, cancellationToken).ConfigureAwait(false);
    }

    public bool Contains(string older, string newer) => Known(older, newer) is not null;

    public TargetCommit? Known(AttemptId attempt) => _landed.GetValueOrDefault(LandingMessage.Name(attempt));

    // A fast-forward leaves no trailers.
    private async Task<TargetCommit?> FindInJournalAsync(
        AttemptId attempt,
        string target,
        CancellationToken cancellationToken
    )
    {
        return
            await LandingJournal.FindAsync(names, attempt, cancellationToken).ConfigureAwait(false) is { } item
            && await names.Repository.IsAncestorAsync(item.Commit, target, cancellationToken).ConfigureAwait(false)
            ? TargetCommit.Of(attempt, item.Head, item.Commit, null, [])
            : null;
    }

    private async Task<List<TargetCommit>> ReadAsync(CancellationToken cancellationToken, params string[] which)
    {
        // New each time, so that no file name can pass for the start of a commit.
        string marker = Guid.NewGuid().ToString("n");
        string format = $"--format={marker}%x00%H%x00%P%x00%(trailers:only=true,unfold=true)%x00";
        GitResult answer = await names
            .Repository.RunAsync(cancellationToken, ["log", "-z", "--first-parent", format, .. which])
            .ConfigureAwait(false);
        return Parse(answer.Output, marker);
    }

    internal static List<TargetCommit> Parse(string output, string marker)
    {
        List<TargetCommit> steps = [];
        foreach (string record in output.Split(marker + '\0').Skip(1))
        {
            string[] fields = record.Split('\0');
            if (fields.Length < 3)
            {
                continue;
            }

            IReadOnlyDictionary<string, string> trailers = LandingMessage.Trailers(fields[2]);
            string[] files =
            [
                .. fields.Skip(3).Select((f, i) => i == 1 ? f.TrimStart('\n') : f).Where(f => f.Length > 0),
            ];
            steps.Add(
                new TargetCommit(fields[0], fields[1].Split(' ')[0] is { Length: > 0 } parent ? parent : null, files)
                {
                    Item = trailers.GetValueOrDefault(LandingMessage.ItemTrailer),
                    Attempt = trailers.GetValueOrDefault(LandingMessage.AttemptTrailer),
                    Head = trailers.GetValueOrDefault(LandingMessage.HeadTrailer),
                }
            );
        }

        return steps;
    }

    private List<TargetCommit>? Walk(string target, int count)
    {
        List<TargetCommit> steps = [];
        for (string? at = target; at is not null && steps.Count < count; at = steps[^1].Parent)
        {
            if (!_steps.TryGetValue(at, out TargetCommit? step))
            {
                return null;
            }

            steps.Add(step);
        }

        return steps;
    }

    private List<TargetCommit>? Known(string from, string to)
    {
        List<TargetCommit> steps = [];
        for (string? at = to; at != from; at = steps[^1].Parent)
        {
            if (at is null || !_steps.TryGetValue(at, out TargetCommit? step))
            {
                return null;
            }

            steps.Add(step);
        }

        return steps;
    }
}
