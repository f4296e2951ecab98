using Isolation.Sdk.Git;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Landing;

/// <summary>One step of the target: what brought it there and what it touched.</summary>
internal sealed record TargetStep(string Commit, string? Parent, IReadOnlyList<string> Files)
{
    public string? Item { get; init; }

    public string? Attempt { get; init; }

    public string? Head { get; init; }
}

/// <summary>The target's first-parent line, as far as it was needed: what the queue landed itself is known without asking git.</summary>
internal sealed class TargetHistory(QueueNames names)
{
    private const int MostSteps = 4096;
    private readonly Dictionary<string, TargetStep> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TargetStep> _landed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notFound = new(StringComparer.Ordinal);

    public void Add(TargetStep step)
    {
        if (_steps.Count >= MostSteps)
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

    /// <summary>Reads what happened between two commits of the target; nothing when it is known.</summary>
    /// <param name="from">The older; <see langword="null"/> for a while back.</param>
    /// <param name="to">The newer.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The steps, newest first.</returns>
    public async Task<IReadOnlyList<TargetStep>> BetweenAsync(
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
        string marker = Guid.NewGuid().ToString("n");
        List<string> arguments =
        [
            "log",
            "-z",
            "--first-parent",
            "--diff-merges=first-parent",
            "--name-only",
            "--no-renames",
            $"--max-count={MostSteps / 8}",
            $"--format={marker}%x00%H%x00%P%x00%(trailers:only=true,unfold=true)%x00",
        ];
        arguments.Add(from is null ? to : $"{from}..{to}");
        GitResult answer = await names.Repository.RunAsync(cancellationToken, [.. arguments]).ConfigureAwait(false);
        List<TargetStep> steps = Parse(answer.Output, marker);
        steps.ForEach(Add);
        return steps;
    }

    /// <summary>The commit that landed an attempt; <see langword="null"/> when none did by this target.</summary>
    public async Task<TargetStep?> FindAsync(AttemptId attempt, string target, CancellationToken cancellationToken)
    {
        string name = LandedMessage.Name(attempt);
        if (_landed.TryGetValue(name, out TargetStep? step) || !_notFound.Add(name))
        {
            return step;
        }

        string marker = Guid.NewGuid().ToString("n");
        GitResult answer = await names
            .Repository.RunAsync(
                cancellationToken,
                "log",
                "-z",
                "--first-parent",
                "--fixed-strings",
                $"--grep={LandedMessage.AttemptTrailer}: {name}",
                $"--format={marker}%x00%H%x00%P%x00%(trailers:only=true,unfold=true)%x00",
                target
            )
            .ConfigureAwait(false);
        step = Parse(answer.Output, marker).Find(s => s.Attempt == name)
            ?? await FindInJournalAsync(attempt, target, cancellationToken).ConfigureAwait(false);
        if (step is not null)
        {
            _landed.TryAdd(name, step);
        }

        return step;
    }

    /// <summary>Whether a commit is known to be on the line that ends with another.</summary>
    public bool Contains(string older, string newer) => Known(older, newer) is not null;

    /// <summary>What this reader already knows to have landed.</summary>
    public TargetStep? Known(AttemptId attempt) => _landed.GetValueOrDefault(LandedMessage.Name(attempt));

    /// <summary>A fast-forward leaves no trailers: the journal knows its commit, and the target has it below.</summary>
    private async Task<TargetStep?> FindInJournalAsync(
        AttemptId attempt,
        string target,
        CancellationToken cancellationToken
    )
    {
        return
            await Journal.FindAsync(names, attempt, cancellationToken).ConfigureAwait(false) is { } item
            && (
                await names
                    .Repository.TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", item.Commit, target)
                    .ConfigureAwait(false)
            ).Ok
            ? new TargetStep(item.Commit, null, [])
            {
                Item = LandedMessage.Name(attempt.Item),
                Attempt = LandedMessage.Name(attempt),
                Head = item.Head,
            }
            : null;
    }

    internal static List<TargetStep> Parse(string output, string marker)
    {
        // The marker is new each time, so that no file name can pass for the start of a commit.
        List<TargetStep> steps = [];
        foreach (string record in output.Split(marker + '\0').Skip(1))
        {
            string[] fields = record.Split('\0');
            if (fields.Length < 3)
            {
                continue;
            }

            IReadOnlyDictionary<string, string> trailers = LandedMessage.Trailers(fields[2]);
            string[] files =
            [
                .. fields.Skip(3).Select((f, i) => i == 1 ? f.TrimStart('\n') : f).Where(f => f.Length > 0),
            ];
            steps.Add(
                new TargetStep(fields[0], fields[1].Split(' ')[0] is { Length: > 0 } parent ? parent : null, files)
                {
                    Item = trailers.GetValueOrDefault(LandedMessage.ItemTrailer),
                    Attempt = trailers.GetValueOrDefault(LandedMessage.AttemptTrailer),
                    Head = trailers.GetValueOrDefault(LandedMessage.HeadTrailer),
                }
            );
        }

        return steps;
    }

    private List<TargetStep>? Known(string from, string to)
    {
        List<TargetStep> steps = [];
        for (string? at = to; at != from; at = steps[^1].Parent)
        {
            if (at is null || !_steps.TryGetValue(at, out TargetStep? step))
            {
                return null;
            }

            steps.Add(step);
        }

        return steps;
    }
}
