using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Monitoring;

/// <summary>Every worker of a repository, seen from outside the process that runs them, during a run and after it: the logs say what they did, the leases whether they live. It writes nothing.</summary>
/// <example>
/// <code>
/// WorkerMonitor registry = new(new RepositoryRef("/repos/shop"));
/// foreach (WorkerStatus worker in await registry.ListAsync())
/// {
///     Console.WriteLine(WorkerStatusFormat.Line(worker, TimeProvider.System.GetUtcNow()));
/// }
/// </code>
/// </example>
public sealed class WorkerMonitor
{
    private readonly RepositoryRef _repository;
    private readonly WorkerMonitorOptions _options;
    private GitRepository? _opened;

    /// <summary>Creates a registry; nothing is opened yet.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="options">Where it looks; <see langword="null"/> for the defaults.</param>
    public WorkerMonitor(RepositoryRef repository, WorkerMonitorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _repository = repository;
        _options = options ?? new WorkerMonitorOptions();
    }

    /// <summary>Every worker that has a log, judged at this moment, in the order in which they last showed a sign of life.</summary>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<IReadOnlyList<WorkerStatus>> ListAsync(CancellationToken cancellationToken = default)
    {
        GitRepository repository = await OpenAsync(cancellationToken).ConfigureAwait(false);
        string root = FolderOf(repository).Root;
        if (!Directory.Exists(root))
        {
            return [];
        }

        LeaseStore leases = LeasesOf(repository);
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

    /// <summary>One worker, judged at this moment.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns><see langword="null"/> when it has no log.</returns>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<WorkerStatus?> FindAsync(AttemptId attempt, CancellationToken cancellationToken = default)
    {
        GitRepository repository = await OpenAsync(cancellationToken).ConfigureAwait(false);
        LeaseStore leases = LeasesOf(repository);
        return TryRead(FolderOf(repository).LogOf(attempt)) is { } status && status.Attempt == attempt
            ? WithLiveness(status, leases, [.. leases.List().Select(l => l.Attempt)])
            : null;
    }

    /// <summary>Where a worker's log is, or would be: JSON lines that <see cref="WorkerLog"/> reads.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<string> GetLogPathAsync(AttemptId attempt, CancellationToken cancellationToken = default) =>
        FolderOf(await OpenAsync(cancellationToken).ConfigureAwait(false)).LogOf(attempt);

    private async Task<GitRepository> OpenAsync(CancellationToken cancellationToken) =>
        _opened ??= await GitOpener.OpenAsync(_repository.Path, cancellationToken).ConfigureAwait(false);

    private WorkersDirectory FolderOf(GitRepository repository) =>
        _options.WorkersDirectory is { } root
            ? new WorkersDirectory(root)
            : WorkersDirectory.Beside(repository.CommonDirectory);

    private LeaseStore LeasesOf(GitRepository repository) =>
        new(repository.CommonDirectory, repository.Reference, _options.TimeProvider);

    private WorkerStatus WithLiveness(WorkerStatus status, LeaseStore leases, HashSet<AttemptId> leased)
    {
        DateTimeOffset now = _options.TimeProvider.GetUtcNow();

        // A lease is written once its lock is held, so only a lock with a record is looked at; a worker that was claimed a moment ago may not have come so far.
        bool? held =
            leased.Contains(status.Attempt) ? leases.IsAlive(status.Attempt)
            : status.Stage is null or Stage.Claim && now - status.LastActivity < _options.QuietAfter ? null
            : false;
        return status.WithLiveness(now, _options.QuietAfter, held);
    }

    private static WorkerStatus? TryRead(string log)
    {
        try
        {
            return WorkerLog.ReadStatus(log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It went away, or is somebody else's.
        }
    }
}
