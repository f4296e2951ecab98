using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk;

/// <summary>Every worker of a repository, seen from outside the process that runs them, during a run and after it: the logs say what they did, the leases whether they live. It writes nothing.</summary>
/// <example>
/// <code>
/// WorkerRegistry registry = new(new RepositoryRef("/repos/shop"));
/// foreach (WorkerStatus worker in await registry.ListAsync())
/// {
///     Console.WriteLine(WorkerStatusFormat.Line(worker, TimeProvider.System.GetUtcNow()));
/// }
/// </code>
/// </example>
public sealed class WorkerRegistry
{
    private readonly RepositoryRef _repository;
    private readonly WorkerRegistryOptions _options;
    private GitRepository? _opened;

    /// <summary>Creates a registry; nothing is opened yet.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="options">Where it looks; <see langword="null"/> for the defaults.</param>
    public WorkerRegistry(RepositoryRef repository, WorkerRegistryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _repository = repository;
        _options = options ?? new WorkerRegistryOptions();
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
                .Select(s => Judge(s, leases, leased))
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
        return TryRead(FolderOf(repository).Log(attempt)) is { } status && status.Attempt == attempt
            ? Judge(status, leases, [.. leases.List().Select(l => l.Attempt)])
            : null;
    }

    /// <summary>Where a worker's log is, or would be: JSON lines that <see cref="WorkerLog"/> reads.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IsolationException">ISO02##: it is not a repository, or git does not trust it.</exception>
    public async Task<string> LocateLogAsync(AttemptId attempt, CancellationToken cancellationToken = default) =>
        FolderOf(await OpenAsync(cancellationToken).ConfigureAwait(false)).Log(attempt);

    private async Task<GitRepository> OpenAsync(CancellationToken cancellationToken) =>
        _opened ??= await GitHost.OpenAsync(_repository.Path, cancellationToken).ConfigureAwait(false);

    private WorkersFolder FolderOf(GitRepository repository) =>
        _options.WorkersRoot is { } root ? new WorkersFolder(root) : WorkersFolder.Beside(repository.CommonDirectory);

    private LeaseStore LeasesOf(GitRepository repository) =>
        new(repository.CommonDirectory, repository.Reference, _options.Time);

    private WorkerStatus Judge(WorkerStatus status, LeaseStore leases, HashSet<AttemptId> leased)
    {
        DateTimeOffset now = _options.Time.GetUtcNow();

        // A lease is written once its lock is held, so only a lock with a record is looked at; a worker that was claimed a moment ago may not have come so far.
        bool? held =
            leased.Contains(status.Attempt) ? leases.IsAlive(status.Attempt)
            : status.Stage is null or Stage.Claim && now - status.LastActivity < _options.QuietAfter ? null
            : false;
        return status.Judge(now, _options.QuietAfter, held);
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
