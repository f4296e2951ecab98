using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Reads the merge queues of a repository from anywhere, and pauses them.</summary>
/// <param name="repository">The repository.</param>
/// <param name="workersDirectory">Where its workers live, and with them the gate logs. <value>null: in the default
/// place beside it.</value></param>
public sealed class MergeQueueClient(RepositoryRef repository, string? workersDirectory = null)
{
    private const string Prefix = "refs/isolation/mq/";
    private const int MaxLandings = 500;
    private const int LandingsShown = 20;
    private readonly RepositoryRef _repository = repository ?? throw new ArgumentNullException(nameof(repository));

    /// <summary>Reads what is in any queue, and what queues have landed: the newest 500 of each target.</summary>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public async Task<IReadOnlyList<MergeStatus>> ReadAsync(CancellationToken cancellationToken = default) =>
        await ReadAsync(await OpenAsync(cancellationToken).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Describes the queues of the repository: what each does, what waits in it and why, and what landed
    /// last.</summary>
    /// <param name="target">The full ref of one target, for example <c>refs/heads/main</c>. <value>null: every
    /// queue.</value></param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>None when nothing was ever submitted.</returns>
    /// <exception cref="IsolationException">ISO0602: there is no such branch.</exception>
    public async Task<IReadOnlyList<QueueReport>> DescribeAsync(
        string? target = null,
        CancellationToken cancellationToken = default
    )
    {
        GitRepository opened = target is null
            ? await OpenAsync(cancellationToken).ConfigureAwait(false)
            : (await ExistingAsync(target, cancellationToken).ConfigureAwait(false)).Repository;
        List<QueueReport> found = [];
        foreach (QueueLayout layout in await FindAsync(opened, cancellationToken).ConfigureAwait(false))
        {
            if (target is null || layout.Target == target)
            {
                found.Add(await DescribeAsync(layout, cancellationToken).ConfigureAwait(false));
            }
        }

        return found;
    }

    /// <summary>Lets nothing land on a target, durably and for every process; submitting goes on.</summary>
    /// <param name="target">The full ref.</param>
    /// <param name="reason">Why.</param>
    /// <param name="minimumPriority">Work with at least this priority lands all the same. <value>null: nothing
    /// does.</value></param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="IsolationException">ISO0602: there is no such branch.</exception>
    public Task PauseAsync(
        string target,
        string reason,
        int? minimumPriority = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(reason);
        return ChangeAsync(
            target,
            new QueuePause(MergeHoldReason.Paused, reason) { MinimumPriority = minimumPriority },
            cancellationToken
        );
    }

    /// <summary>Lets work land on a target again.</summary>
    /// <inheritdoc cref="PauseAsync"/>
    public Task ResumeAsync(string target, CancellationToken cancellationToken = default) =>
        ChangeAsync(target, null, cancellationToken);

    internal static async Task<IReadOnlyList<MergeStatus>> ReadAsync(
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        List<MergeStatus> found = [];
        foreach (QueueLayout layout in await FindAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            QueueReport queue = await ReadAsync(layout, cancellationToken).ConfigureAwait(false);
            found.AddRange(queue.Items.Concat(queue.Landed));
        }

        return found;
    }

    private async Task<QueueReport> DescribeAsync(QueueLayout layout, CancellationToken cancellationToken)
    {
        QueueReport queue = await ReadAsync(layout, cancellationToken).ConfigureAwait(false);
        WorkersDirectory folder = WorkersDirectory.Resolve(workersDirectory, layout.Repository.CommonDirectory);
        IReadOnlyList<GateLogLine> log = new GateLog(folder.Gates, layout).Peek();
        GateLogLine[] runs = [.. log.Where(l => l.Gate == log[^1].Gate && l.Environment == log[^1].Environment)];
        return queue with
        {
            Landed = [.. queue.Landed.Take(LandingsShown)],
            GateResults = runs.CountBy(r => r.Verdict).ToDictionary(),
            FlakyPasses = runs.Count(r => r.Flaky),
        };
    }

    private static async Task<QueueReport> ReadAsync(QueueLayout layout, CancellationToken cancellationToken)
    {
        MergeTarget target = new(layout.Repository.Reference, layout.Target);
        QueueState state = await new QueueStore(layout, TimeProvider.System)
            .ReadAsync(cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<MergeStatus> landings = await LandedAsync(layout, target, cancellationToken)
            .ConfigureAwait(false);
        HashSet<AttemptId> landed = [.. landings.Select(l => l.Attempt)];
        bool acting = OsFileLock.IsHeld(layout.Lock);
        QueueActivity activity = acting ? QueueActivity.Read(layout) : QueueActivity.None;
        QueueStatusProjection projection = new(state with { Activity = activity }, landed.Contains, policy: null);
        return new QueueReport(target, state.Target)
        {
            IsActing = acting,
            Pause = state.Pause?.Pause,
            Obstacle = activity.Obstacle,
            MaxConcurrency = activity.MaxConcurrency > 0 ? activity.MaxConcurrency : null,
            Testing = activity.Running,
            Items = [.. projection.Statuses().Select(s => Describe(target, s.Item, s.Status, activity))],
            Landed = [.. landings.Where(l => state.Find(l.Attempt) is null)],
        };
    }

    // A queue has a file of numbers once something was submitted; a slug does not tell its target's name.
    internal static async Task<IReadOnlyList<QueueLayout>> FindAsync(
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        string folder = Path.Combine(repository.IsolationDirectory, "queues");
        HashSet<string> slugs = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.seq").Select(f => Path.GetFileNameWithoutExtension(f))]
            : [];
        GitResult refs = await repository
            .RunAsync(cancellationToken, "for-each-ref", "--format=%(refname)", Prefix, RefNames.Heads)
            .ConfigureAwait(false);
        string[] names = refs.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        slugs.UnionWith(
            names
                .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(n => n[Prefix.Length..].Split('/')[0])
        );
        return
        [
            .. names
                .Where(n => RefNames.BranchOf(n) is { } branch && slugs.Contains(Slug.Of(branch)))
                .Select(n => new QueueLayout(repository, n)),
        ];
    }

    private static MergeStatus Describe(MergeTarget target, QueueItem item, MergeStatus status, QueueActivity now)
    {
        bool awaits =
            !item.IsTerminal && (item.Hold is not null || (item.NeedsApproval && item.ApprovedCommit != item.Head));
        DateTimeOffset? since =
            status.State == MergeState.Testing ? now.CandidateOf(item.Attempt)?.Since : item.Submitted;
        return status with
        {
            Target = target,
            Commit = item.Head,
            Since = since,
            BaseCommit = item.Base,
            Title = item.Title,
            Files = item.Files ?? [],
            AwaitsApproval = awaits,
            ApprovedBy = item.ApprovedBy,
        };
    }

    private static async Task<IReadOnlyList<MergeStatus>> LandedAsync(
        QueueLayout layout,
        MergeTarget target,
        CancellationToken cancellationToken
    )
    {
        GitResult log = await layout
            .Repository.RunAsync(
                cancellationToken,
                "log",
                "-z",
                "--first-parent",
                "--fixed-strings",
                $"--grep={LandingMessage.AttemptTrailer}: ",
                $"--max-count={MaxLandings}",
                "--format=%H%x1f%s%x1f%ct%x1f%(trailers:only=true,unfold=true)",
                layout.Target
            )
            .ConfigureAwait(false);
        List<MergeStatus> landed = [];
        foreach (string[] fields in log.Fields.Select(f => f.Split('\x1f')).Where(f => f.Length == 4))
        {
            IReadOnlyDictionary<string, string> trailers = LandingMessage.Trailers(fields[3]);
            if (
                AttemptId.TryParse(trailers.GetValueOrDefault(LandingMessage.AttemptTrailer), out AttemptId attempt)
                && trailers.GetValueOrDefault(LandingMessage.HeadTrailer) is { } head
            )
            {
                landed.Add(
                    new MergeStatus(attempt, MergeState.Landed)
                    {
                        LandedCommit = fields[0],
                        Target = target,
                        Commit = head,
                        Title = fields[1],
                        Since = DateTimeOffset.FromUnixTimeSeconds(long.Parse(fields[2], CultureInfo.InvariantCulture)),
                    }
                );
            }
        }

        return landed;
    }

    private Task<GitRepository> OpenAsync(CancellationToken cancellationToken) =>
        GitOpener.OpenAsync(_repository.Path, cancellationToken);

    private async Task<QueueLayout> ExistingAsync(string target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        QueueLayout layout = new(await OpenAsync(cancellationToken).ConfigureAwait(false), target);
        return await layout.Repository.TryResolveCommitAsync(target, cancellationToken).ConfigureAwait(false) is null
            ? throw new IsolationException(MergeStrategy.Missing(layout))
            : layout;
    }

    private async Task ChangeAsync(string target, QueuePause? pause, CancellationToken cancellationToken)
    {
        QueueLayout layout = await ExistingAsync(target, cancellationToken).ConfigureAwait(false);
        await new QueueStore(layout, TimeProvider.System).PauseAsync(pause, cancellationToken).ConfigureAwait(false);
        new QueueChangeFile(layout.ChangeFile).Signal();
    }
}
