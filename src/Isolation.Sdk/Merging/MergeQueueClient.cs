using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Looks at the merge queues of a repository from anywhere, and pauses them: opens none, acts in none, needs no policy.</summary>
public static class MergeQueueClient
{
    private const string Prefix = "refs/isolation/mq/";
    private const string Heads = "refs/heads/";
    private const int MaxLandings = 500;
    private const int LandingsShown = 20;

    /// <summary>Everything that was submitted to any queue and is still in it, and what queues have landed on their targets: at most 500 landings of each target, newest first.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public static async Task<IReadOnlyList<QueuedAttempt>> ReadAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(repository);
        return await ReadAsync(
                await GitOpener.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    /// <summary>Every queue of a repository: what it is at, what waits in it and why, and what landed last.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="workersRoot">Where its workers live, and with them the gate log. <value>null: in the default place beside it.</value></param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public static async Task<IReadOnlyList<QueueReport>> DescribeAsync(
        RepositoryRef repository,
        string? workersRoot = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(repository);
        GitRepository opened = await GitOpener.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false);
        List<QueueReport> found = [];
        foreach (QueueLayout names in await FindAsync(opened, cancellationToken).ConfigureAwait(false))
        {
            found.Add(await DescribeAsync(names, workersRoot, cancellationToken).ConfigureAwait(false));
        }

        return found;
    }

    /// <summary>The queue of one target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="workersRoot">Where its workers live, and with them the gate log. <value>null: in the default place beside it.</value></param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>The queue; <see langword="null"/> when nothing was ever submitted to it.</returns>
    /// <exception cref="IsolationException">ISO0602: there is no such branch. ISO02##: it is not a repository, or git does not trust it.</exception>
    public static async Task<QueueReport?> DescribeAsync(
        MergeTarget target,
        string? workersRoot = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        GitRepository opened = await GitOpener
            .OpenAsync(target.Repository.Path, cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<QueueLayout> queues = await FindAsync(opened, cancellationToken).ConfigureAwait(false);
        if (queues.FirstOrDefault(q => q.Target == target.Ref) is { } names)
        {
            return await DescribeAsync(names, workersRoot, cancellationToken).ConfigureAwait(false);
        }

        return await opened.TryResolveCommitAsync(target.Ref, cancellationToken).ConfigureAwait(false) is null
            ? throw new IsolationException(MergeStrategy.Missing(new QueueLayout(opened, target.Ref)))
            : null;
    }

    /// <summary>Pauses or resumes a queue without opening it: whoever acts obeys within a moment, whoever comes later as well.</summary>
    /// <param name="target">The queue's target.</param>
    /// <param name="command">What to do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IsolationException">ISO0602: there is no such branch. ISO02##: it is not a repository, or git does not trust it.</exception>
    public static async Task CommandAsync(
        MergeTarget target,
        QueueCommand command,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(command);
        QueueLayout names = new(
            await GitOpener.OpenAsync(target.Repository.Path, cancellationToken).ConfigureAwait(false),
            target.Ref
        );
        if (await names.Repository.TryResolveCommitAsync(target.Ref, cancellationToken).ConfigureAwait(false) is null)
        {
            throw new IsolationException(MergeStrategy.Missing(names));
        }

        await new QueueStore(names, TimeProvider.System).ApplyAsync(command, cancellationToken).ConfigureAwait(false);
        new QueueChangeFile(names.ChangeFile).Signal();
    }

    internal static async Task<IReadOnlyList<QueuedAttempt>> ReadAsync(
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        List<QueuedAttempt> found = [];
        foreach (QueueLayout names in await FindAsync(repository, cancellationToken).ConfigureAwait(false))
        {
            Look look = await LookAsync(names, cancellationToken).ConfigureAwait(false);
            found.AddRange(look.Items);
            found.AddRange(look.LandedElsewhere);
        }

        return found;
    }

    private static async Task<QueueReport> DescribeAsync(
        QueueLayout names,
        string? workersRoot,
        CancellationToken cancellationToken
    )
    {
        Look look = await LookAsync(names, cancellationToken).ConfigureAwait(false);
        WorkersDirectory folder = workersRoot is null
            ? WorkersDirectory.Beside(names.Repository.CommonDirectory)
            : new WorkersDirectory(workersRoot);
        StoredPause? pause = look.Snapshot.Pause?.Pause;
        return new QueueReport(look.Target, look.Snapshot.Target)
        {
            IsActing = look.IsActing,
            Pause = pause is null
                ? null
                : new QueuePause(pause.BrokenTarget is null ? pause.Kind : MergeHoldReason.BaseBroken, pause.Reason)
                {
                    MinimumPriority = pause.MinimumPriority,
                    BrokenTarget = pause.BrokenTarget,
                },
            Obstacle = look.Now.Obstacle,
            MaxConcurrency = look.Now.MaxConcurrency > 0 ? look.Now.MaxConcurrency : null,
            Testing =
            [
                .. look.Now.Running.Select(r => new QueueCandidate(r.Commit, r.Tree, r.Items, r.Since, r.IsRetry)),
            ],
            Items = look.Items,
            Landed = [.. look.LandedElsewhere.Take(LandingsShown)],
            Gates = GateHistory.Count(new GateLog(folder.Gates, names).Peek()),
        };
    }

    private static async Task<Look> LookAsync(QueueLayout names, CancellationToken cancellationToken)
    {
        MergeTarget target = new(names.Repository.Reference, names.Target);
        QueueState snapshot = await new QueueStore(names, TimeProvider.System)
            .ReadAsync(cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<QueuedAttempt> landings = await LandedAsync(names, target, cancellationToken)
            .ConfigureAwait(false);
        HashSet<AttemptId> here = [.. snapshot.Items.Select(i => i.Attempt)];
        HashSet<AttemptId> landed = [.. landings.Select(l => l.Attempt)];
        bool acting = OsFileLock.IsHeld(names.Lock);
        QueueActivity now = acting ? QueueActivity.Read(names) : QueueActivity.None;
        QueueStatusProjection reading = new(snapshot, now, landed.Contains, policy: null);
        return new Look(
            target,
            snapshot,
            acting,
            now,
            [.. reading.Statuses().Select(s => Describe(target, s.Item, s.Status, now))],
            [.. landings.Where(l => !here.Contains(l.Attempt))]
        );
    }

    /// <summary>A queue has a file of numbers once something was submitted; its target is the branch of that name, and a slug does not tell the name.</summary>
    private static async Task<IReadOnlyList<QueueLayout>> FindAsync(
        GitRepository repository,
        CancellationToken cancellationToken
    )
    {
        string folder = Path.Combine(repository.IsolationDirectory, "queues");
        HashSet<string> slugs = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.seq").Select(f => Path.GetFileNameWithoutExtension(f))]
            : [];
        GitResult refs = await repository
            .RunAsync(cancellationToken, "for-each-ref", "--format=%(refname)", Prefix, Heads)
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
                .Where(n => n.StartsWith(Heads, StringComparison.Ordinal) && slugs.Contains(Slug.Of(n[Heads.Length..])))
                .Select(n => new QueueLayout(repository, n)),
        ];
    }

    private static QueuedAttempt Describe(MergeTarget target, QueueItem item, MergeStatus status, QueueActivity now)
    {
        bool awaits =
            !item.IsTerminal && (item.Hold is not null || (item.NeedsApproval && item.ApprovedCommit != item.Head));
        DateTimeOffset? since =
            status.State == MergeState.Testing ? now.CandidateOf(item.Attempt)?.Since : item.Submitted;
        return new QueuedAttempt(target, status, item.Head)
        {
            Since = since,
            BaseCommit = item.Base,
            Title = item.Title,
            Files = item.Files ?? [],
            AwaitsApproval = awaits,
            NeedsGate = item.NeedsGate,
            ApprovedBy = item.ApprovedBy,
        };
    }

    private static async Task<IReadOnlyList<QueuedAttempt>> LandedAsync(
        QueueLayout names,
        MergeTarget target,
        CancellationToken cancellationToken
    )
    {
        GitResult log = await names
            .Repository.RunAsync(
                cancellationToken,
                "log",
                "-z",
                "--first-parent",
                "--fixed-strings",
                $"--grep={LandingMessage.AttemptTrailer}: ",
                $"--max-count={MaxLandings}",
                "--format=%H%x1f%s%x1f%ct%x1f%(trailers:only=true,unfold=true)",
                names.Target
            )
            .ConfigureAwait(false);
        List<QueuedAttempt> landed = [];
        foreach (string[] fields in log.Fields.Select(f => f.Split('\x1f')).Where(f => f.Length == 4))
        {
            IReadOnlyDictionary<string, string> trailers = LandingMessage.Trailers(fields[3]);
            if (
                AttemptId.TryParse(trailers.GetValueOrDefault(LandingMessage.AttemptTrailer), out AttemptId attempt)
                && trailers.GetValueOrDefault(LandingMessage.HeadTrailer) is { } head
            )
            {
                landed.Add(
                    new QueuedAttempt(
                        target,
                        new MergeStatus(attempt, MergeState.Landed) { LandedCommit = fields[0] },
                        head
                    )
                    {
                        Title = fields[1],
                        Since = DateTimeOffset.FromUnixTimeSeconds(long.Parse(fields[2], CultureInfo.InvariantCulture)),
                    }
                );
            }
        }

        return landed;
    }

    private sealed record Look(
        MergeTarget Target,
        QueueState Snapshot,
        bool IsActing,
        QueueActivity Now,
        IReadOnlyList<QueuedAttempt> Items,
        IReadOnlyList<QueuedAttempt> LandedElsewhere
    );
}
