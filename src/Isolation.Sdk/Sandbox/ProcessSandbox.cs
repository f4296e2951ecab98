using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

internal sealed class ProcessSandbox(
    ProcessSandboxOptions options,
    TimeProvider? time = null,
    WorkersDirectory? workers = null,
    Func<RepositoryRef, CancellationToken, Task<WorkerGitConfig>>? git = null,
    IProcessConfinement? confinement = null
) : IStateSandbox
{
    private const string FolderNote = "state.folder";
    private const string MarkerNote = "state.marker";
    private const string CgroupsNote = "state.cgroups";
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly HostVariables _host = new(options.HostEnvironment);
    private readonly Func<RepositoryRef, CancellationToken, Task<WorkerGitConfig>> _readGit = git
        ?? WorkerGitConfig.ReadAsync;
    private readonly IProcessPlatform _platform = IProcessPlatform.Create(
        time ?? TimeProvider.System,
        options.Mechanism,
        options.UseLimitCgroups
    );
    private readonly AsyncCache<string, WorkerGitConfig> _git = new();

    public string? Fingerprint => WorkerEnvironment.Fingerprint(options, _host);

    public async ValueTask<ProbeResult> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        const IsolationGuarantees Everywhere =
            IsolationGuarantees.Environment
            | IsolationGuarantees.Temp
            | IsolationGuarantees.Home
            | IsolationGuarantees.Caches
            | IsolationGuarantees.Ports;
        IReadOnlyList<string> notices = await _platform
            .GetNoticesAsync(options.Limits.ToValues(), confinement)
            .ConfigureAwait(false);
        IReadOnlyList<IsolationFault> unconfined = confinement is null
            ? []
            : await confinement.FindProblemsAsync(options.Network, cancellationToken).ConfigureAwait(false);
        IsolationGuarantees added =
            confinement is null || unconfined.Count > 0 ? IsolationGuarantees.None : confinement.Adds(options.Network);
        IsolationFault? exposed =
            added == IsolationGuarantees.None
                ? null
                : await FindExposedAsync(repository, cancellationToken).ConfigureAwait(false);
        return new ProbeResult(
            (_platform.EndsWholeTrees ? Everywhere | IsolationGuarantees.Processes : Everywhere) | added,
            IsolationGuarantees.None,
            [.. FindProblems(), .. unconfined, .. exposed is null ? Enumerable.Empty<IsolationFault>() : [exposed]]
        )
        {
            Notices = notices,
        };
    }

    public async ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AttemptId attempt = request.Lease.Attempt;
        IsolationFault? fault = FindProblems().FirstOrDefault();
        if (fault is null && confinement is not null)
        {
            fault = (
                await confinement.FindProblemsAsync(options.Network, cancellationToken).ConfigureAwait(false)
            ).FirstOrDefault();
        }

        if (fault is not null)
        {
            throw new IsolationException(fault) { Attempt = attempt };
        }

        WorkerGitConfig known = await ReadGitAsync(request.Repository, cancellationToken).ConfigureAwait(false);
        WorkersDirectory root = request.WorkersDirectory is { } given
            ? new WorkersDirectory(given)
            : FindRoot(known, request.Repository);
        string marker = ProcessMark.NewMarker();
        ScopeFolders folders = ScopeFolders.For(root.For(attempt), marker);
        await request.Lease.NoteAsync(MarkerNote, marker, cancellationToken).ConfigureAwait(false);
        await request.Lease.NoteAsync(FolderNote, folders.Root, cancellationToken).ConfigureAwait(false);
        LauncherSettings settings = new(
            marker,
            folders.Runtime,
            [request.Workspace.Path, folders.Home, folders.Cache, folders.Temp],
            options.Limits.ToValues()
        );
        IProcessLauncher launcher = await _platform
            .OpenAsync(settings, note => request.Lease.NoteAsync(CgroupsNote, note, cancellationToken))
            .ConfigureAwait(false);
        ScopeResources resources = new(
            attempt,
            request.Workspace.Path,
            marker,
            folders,
            root.Trash,
            options,
            launcher,
            _time
        );
        return new ScopeBuilder(resources, request.Item, _host, known, confinement).Build(cancellationToken);
    }

    public ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        // A record that points anywhere but to this attempt's own folder is not believed.
        if (
            !record.Notes.TryGetValue(FolderNote, out string? folder)
            || !record.Notes.TryGetValue(MarkerNote, out string? marker)
            || Path.GetFileName(folder) != AttemptNames.FileName(record.Attempt)
        )
        {
            return ValueTask.FromResult<IStateScope?>(null);
        }

        ScopeFolders folders = ScopeFolders.For(folder, marker);
        IProcessLauncher launcher = _platform.Reopen(
            new LauncherSettings(marker, folders.Runtime, [], LimitValues.None),
            record.Notes.GetValueOrDefault(CgroupsNote)
        );
        return ValueTask.FromResult<IStateScope?>(
            folders.Exist() || launcher.HasAnything
                ? new ProcessScope(
                    new ScopeResources(
                        record.Attempt,
                        folder,
                        marker,
                        folders,
                        new WorkersDirectory(Path.GetDirectoryName(folder)!).Trash,
                        options,
                        launcher,
                        _time
                    ),
                    info: null
                )
                : null
        );
    }

    public IsolationFault? FindMissing(string program)
    {
        bool isPath = program.Contains(Path.DirectorySeparatorChar) || program.Contains(Path.AltDirectorySeparatorChar);
        bool isUnknown =
            program.Contains('{')
            || (isPath ? !Path.IsPathFullyQualified(program) : options.Environment.ContainsKey("PATH"));
        if (isUnknown)
        {
            return null;
        }

        CommandPath.TryFind(program, Path.GetTempPath(), SearchPath(), out IsolationFault? missing);
        return missing;
    }

    public IsolationFault? FindDetour(string checkout) =>
        options.Environment.ContainsKey("PATH") ? null : Detours.Find(WorkerEnvironment.SearchPath(_host), checkout);

    private IEnumerable<IsolationFault> FindProblems() =>
        options
            .Validate()
            .Concat(options.FindProblems(_host))
            .Concat(
                !LinuxProcess.IsAvailable && options.Limits.ToValues() is { AnyWatched: true } or { AnyHeld: true }
                    ?
                    [
                        new IsolationFault(
                            SandboxCodes.BadLimit,
                            "This machine cannot hold commands to limits.",
                            "Use 64-bit Linux with glibc 2.34 or later, or no limits."
                        ),
                    ]
                    : []
            );

    private Dictionary<string, string> SearchPath() => new() { ["PATH"] = WorkerEnvironment.SearchPath(_host) };

    private WorkersDirectory FindRoot(WorkerGitConfig known, RepositoryRef repository) =>
        workers ?? WorkersDirectory.Beside(known.CommonDirectory ?? repository.Path);

    private async Task<IsolationFault?> FindExposedAsync(RepositoryRef repository, CancellationToken cancellationToken)
    {
        try
        {
            WorkerGitConfig known = await ReadGitAsync(repository, cancellationToken).ConfigureAwait(false);
            AccessScope.ThrowIfExposed(
                FindRoot(known, repository).Root,
                [
                    .. AccessScope.Toolchains(SearchPath()),
                    .. options.ReadablePaths.Select(_host.Resolve).OfType<string>(),
                ]
            );
            return null;
        }
        catch (IsolationException e)
        {
            // What is wrong with the repository itself is for others to say.
            return e.Code == SandboxCodes.WorkersExposed ? e.Fault : null;
        }
    }

    private Task<WorkerGitConfig> ReadGitAsync(RepositoryRef repository, CancellationToken cancellationToken) =>
        _git.GetAsync(repository.Path, () => _readGit(repository, CancellationToken.None), cancellationToken);
}
