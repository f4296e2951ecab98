using Isolation.Sdk.Git;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Monitoring;

/// <summary>
/// Shows every worker of a repository from any process, during a run and after it: the logs say what they did, the
/// leases whether they live. It writes nothing.
/// </summary>
/// <param name="repository">The repository.</param>
/// <example>
/// <code>
/// foreach (WorkerStatus worker in await new WorkerMonitor(new RepositoryRef("/repos/shop")).ListAsync())
/// {
///     Console.WriteLine(worker.Format(TimeProvider.System.GetUtcNow()));
/// }
/// </code>
/// </example>
public sealed class WorkerMonitor(RepositoryRef repository)
{
    private readonly RepositoryRef _repository = repository ?? throw new ArgumentNullException(nameof(repository));
    private GitRepository? _opened;

    /// <summary>
    /// The workers' directory, if the pipeline was given one. <value>Beside the repository,
    /// <c>&lt;repo&gt;.workers</c>.</value>
    /// </summary>
    public string? WorkersDirectory { get; init; }

    /// <summary>How long a worker may show no sign of life before its status is quiet. <value>5 min.</value></summary>
    public TimeSpan QuietAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock. <value>The system's.</value></summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Every event of a worker's log, oldest first. A torn or foreign line is skipped.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<WorkerEvent> ReadLog(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return WorkerLog.Read(path);
    }

    /// <summary>Every worker that has a log, in the order of their last signs of life.</summary>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<IReadOnlyList<WorkerStatus>> ListAsync(CancellationToken cancellationToken = default)
    {
        GitRepository opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
        string root = DirectoryOf(opened).Root;
        if (!Directory.Exists(root))
        {
            return [];
        }

        LeaseStore leases = LeasesOf(opened);
        HashSet<AttemptId> leased = [.. leases.List().Select(l => l.Attempt)];
        return
        [
            .. Directory
                .EnumerateFiles(root, "*.log")
                .Select(TryRead)
                .OfType<WorkerStatus>()
                .Select(s => WithLiveness(s, leases, leased))
                .OrderBy(s => s.LastActivity)
                .ThenBy(s => s.Attempt.ToString(), StringComparer.Ordinal),
        ];
    }

    /// <summary>One worker.</summary>
    /// <returns><see langword="null"/> when it has no log.</returns>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<WorkerStatus?> FindAsync(AttemptId attempt, CancellationToken cancellationToken = default)
    {
        GitRepository opened = await OpenAsync(cancellationToken).ConfigureAwait(false);
        LeaseStore leases = LeasesOf(opened);
        return TryRead(DirectoryOf(opened).LogOf(attempt)) is { } status && status.Attempt == attempt
            ? WithLiveness(status, leases, [.. leases.List().Select(l => l.Attempt)])
            : null;
    }

    /// <summary>Where a worker's log is, or would be; <see cref="ReadLog"/> reads it.</summary>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<string> GetLogPathAsync(AttemptId attempt, CancellationToken cancellationToken = default) =>
        DirectoryOf(await OpenAsync(cancellationToken).ConfigureAwait(false)).LogOf(attempt);

    private async Task<GitRepository> OpenAsync(CancellationToken cancellationToken) =>
        _opened ??= await GitOpener.OpenAsync(_repository.Path, cancellationToken).ConfigureAwait(false);

    private IO.WorkersDirectory DirectoryOf(GitRepository opened) =>
        IO.WorkersDirectory.Resolve(WorkersDirectory, opened.CommonDirectory);

    private LeaseStore LeasesOf(GitRepository opened) => new(opened.CommonDirectory, opened.Reference, TimeProvider);

    private WorkerStatus WithLiveness(WorkerStatus status, LeaseStore leases, HashSet<AttemptId> leased)
    {
        DateTimeOffset now = TimeProvider.GetUtcNow();

        // A lease is written once its lock is held, so a lock counts only with a record; a worker that was claimed a
        // moment ago may not have come so far.
        bool? held =
            leased.Contains(status.Attempt) ? leases.IsAlive(status.Attempt)
            : status.Stage is null or Stage.Claim && now - status.LastActivity < QuietAfter ? null
            : false;
        return status.WithLiveness(now, QuietAfter, held);
    }

    private static WorkerStatus? TryRead(string log)
    {
        try
        {
            return WorkerLog.ReadStatus(log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It went away, or belongs to another user.
        }
    }
}
