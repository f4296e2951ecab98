using System.Collections.Concurrent;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>Scopes made of ordinary processes: an environment from nothing, folders and ports of their own, a session each, and an end of the whole tree.</summary>
/// <param name="options">What workers get beside that.</param>
/// <param name="time">The clock.</param>
/// <param name="workers">Where workers live; <see langword="null"/> for beside the repository.</param>
/// <param name="host">The host's variables; <see langword="null"/> for this process's own.</param>
/// <param name="git">Reads what git is to know; <see langword="null"/> for the repository's and the host's own.</param>
/// <param name="seal">What confines them; <see langword="null"/> for nothing.</param>
internal sealed class ProcessSandbox(
    ProcessSandboxOptions options,
    TimeProvider? time = null,
    WorkersDirectory? workers = null,
    IReadOnlyDictionary<string, string>? host = null,
    Func<RepositoryRef, CancellationToken, Task<WorkerGitConfig>>? git = null,
    IProcessConfinement? seal = null
) : IStateSandbox
{
    private const string FolderNote = "state.folder";
    private const string MarkerNote = "state.marker";
    private const string CgroupNote = "state.cgroup";
    private const string GroupsNote = "state.groups";
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly HostVariables _host = host is null ? HostVariables.Read() : new HostVariables(host);
    private readonly Func<RepositoryRef, CancellationToken, Task<WorkerGitConfig>> _readGit = git
        ?? WorkerGitConfig.ReadAsync;
    private readonly CgroupLimits _mechanisms = new(
        time ?? TimeProvider.System,
        options.LimitGroups && LinuxProcess.IsAvailable
    );
    private readonly ConcurrentDictionary<string, Lazy<Task<WorkerGitConfig>>> _git = new(StringComparer.Ordinal);

    /// <summary>What every scope of this sandbox is made of, as one text that says nothing of a secret but its name. It changes when what commands run in does, as far as that can be told from here.</summary>
    public string? Fingerprint => EnvironmentFingerprint.Of(options, _host);

    /// <summary>Whether a process could do away with all that it is found by, but for a group of the kernel's.</summary>
    private bool CanLose => seal is null || !(seal.EndsWholeTree || (seal.KeepsMarks && ResourceLimits.CanMark));

    private bool Native => options.Mechanism != TreeStopMechanism.ProcessTree && LinuxProcess.IsAvailable;

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
        List<string> notices = [];
        if (!Native)
        {
            notices.Add(
                "Processes have no session of their own here, and a daemonised grandchild outlives its worker (mechanism: process tree; untested outside Linux)."
            );
        }
        else if (CanLose && (Cgroup.Own() is not { } group || !LinuxProcess.IsWritable(group)))
        {
            notices.Add(
                "No cgroup v2 that this user may divide: trees are ended by "
                    + (
                        ResourceLimits.CanMark
                            ? "session, marker and limit, which a daemon escapes that changes all three, RLIMIT_LOCKS included."
                            : "session and marker, which a daemon with a scrubbed environment escapes."
                    )
            );
        }

        notices.AddRange(await _mechanisms.DescribeAsync(options.Limits).ConfigureAwait(false));
        IReadOnlyList<IsolationFault> unsealed = seal is null
            ? []
            : await seal.FindProblemsAsync(options.Network, cancellationToken).ConfigureAwait(false);
        IsolationGuarantees added =
            seal is null || unsealed.Count > 0 ? IsolationGuarantees.None : seal.Adds(options.Network);
        IsolationFault[] exposed =
            added == IsolationGuarantees.None
                ? []
                : [.. await ExposedAsync(repository, cancellationToken).ConfigureAwait(false)];
        return new ProbeResult(
            (Native ? Everywhere | IsolationGuarantees.Processes : Everywhere) | added,
            IsolationGuarantees.None,
            [.. SandboxOptionsValidator.Find(options, _host), .. unsealed, .. exposed]
        )
        {
            Notices = notices,
        };
    }

    public async ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (SandboxOptionsValidator.Find(options, _host).FirstOrDefault() is { } fault)
        {
            throw new IsolationException(fault) { Attempt = request.Lease.Attempt };
        }

        AttemptId attempt = request.Lease.Attempt;
        if (
            seal is not null
            && await seal.FindProblemsAsync(options.Network, cancellationToken).ConfigureAwait(false)
                is [IsolationFault unsealed, ..]
        )
        {
            throw new IsolationException(unsealed) { Attempt = attempt };
        }

        WorkerGitConfig known = await ReadGitAsync(request.Repository, cancellationToken).ConfigureAwait(false);
        WorkersDirectory root = workers
            ?? (
                request.WorkersDirectory is { } given
                    ? new WorkersDirectory(given)
                    : WorkersDirectory.Beside(known.CommonDirectory ?? request.Repository.Path)
            );
        string marker = ProcessMarker.New();
        ScopeFolders folders = ScopeFolders.For(root.For(attempt), marker);
        string? group = Native && options.Mechanism is null or TreeStopMechanism.Cgroup ? Cgroup.Own() : null;
        await request.Lease.NoteAsync(MarkerNote, marker, cancellationToken).ConfigureAwait(false);
        await request.Lease.NoteAsync(FolderNote, folders.Root, cancellationToken).ConfigureAwait(false);
        if (group is not null)
        {
            await request
                .Lease.NoteAsync(CgroupNote, Path.Combine(group, ScopeResources.CgroupName(marker)), cancellationToken)
                .ConfigureAwait(false);
        }

        IReadOnlyList<CgroupMount> places = await _mechanisms.PlacesAsync(options.Limits).ConfigureAwait(false);
        string[] groups =
        [
            .. places.Select(p => p.Of(ScopeResources.CgroupName(marker))).Distinct(StringComparer.Ordinal),
        ];
        if (groups.Length > 0)
        {
            await request
                .Lease.NoteAsync(GroupsNote, string.Join('\n', groups), cancellationToken)
                .ConfigureAwait(false);
        }

        ScopeResources parts = new(attempt, request.Workspace.Path, marker, folders, root.Trash, options, _time)
        {
            Native = Native,
            Item = request.Item,
            Cgroup = group is null ? null : Cgroup.TryCreate(ScopeResources.CgroupName(marker)),
            Places = places,
            Groups = groups,
        };
        return new ScopeBuilder(parts, _host, known, seal).Build(cancellationToken);
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
        Cgroup? cgroup =
            record.Notes.TryGetValue(CgroupNote, out string? group)
            && Path.GetFileName(group) == ScopeResources.CgroupName(marker)
                ? Cgroup.TryOpen(group)
                : null;
        string[] groups = record.Notes.TryGetValue(GroupsNote, out string? paths)
            ?
            [
                .. paths
                    .Split('\n')
                    .Where(p => Path.GetFileName(p) == ScopeResources.CgroupName(marker) && Directory.Exists(p)),
            ]
            : [];
        ScopeResources parts = new(
            record.Attempt,
            folder,
            marker,
            folders,
            new WorkersDirectory(Path.GetDirectoryName(folder)!).Trash,
            options,
            _time
        )
        {
            Native = Native,
            Cgroup = cgroup,
            Groups = groups,
        };
        bool anything =
            folders.Exist()
            || cgroup is not null
            || groups.Length > 0
            || (Native && new ProcessTree(marker + ".", null, _time).Alive().Count > 0);
        return ValueTask.FromResult<IStateScope?>(anything ? new ReopenedScope(parts) : null);
    }

    /// <summary>Why no scope could start a command; <see langword="null"/> when one can, or when only the scope will tell.</summary>
    public IsolationFault? FindMissing(string program)
    {
        bool isPath = program.Contains(Path.DirectorySeparatorChar) || program.Contains(Path.AltDirectorySeparatorChar);
        if (
            program.Contains('{')
            || (isPath ? !Path.IsPathFullyQualified(program) : options.Rules.Any(r => r.Name == "PATH"))
        )
        {
            return null;
        }

        return
            CommandPath.TryFind(
                program,
                Path.GetTempPath(),
                new Dictionary<string, string> { ["PATH"] = EnvironmentBuilder.SearchPath(_host) },
                out IsolationFault? missing
            )
                is null
            ? missing
            : null;
    }

    private async Task<IEnumerable<IsolationFault>> ExposedAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken
    )
    {
        try
        {
            WorkerGitConfig known = await ReadGitAsync(repository, cancellationToken).ConfigureAwait(false);
            string root = (workers ?? WorkersDirectory.Beside(known.CommonDirectory ?? repository.Path)).Root;
            ReadablePaths.ThrowIfExposed(
                root,
                [
                    .. AccessScope.Toolchains(
                        new Dictionary<string, string> { ["PATH"] = EnvironmentBuilder.SearchPath(_host) }
                    ),
                    .. ReadablePaths.Of(options, _host),
                ]
            );
            return [];
        }
        catch (IsolationException e)
        {
            // What is wrong with the repository itself is for others to say.
            return e.Code == SandboxCodes.WorkersExposed ? [e.Fault] : [];
        }
    }

    private async Task<WorkerGitConfig> ReadGitAsync(RepositoryRef repository, CancellationToken cancellationToken)
    {
        // Workers start together: the first one asks, and the others wait for its answer.
        Lazy<Task<WorkerGitConfig>> reading = _git.GetOrAdd(repository.Path, _ => new Lazy<Task<WorkerGitConfig>>(() =>
            _readGit(repository, CancellationToken.None)
        ));
        try
        {
            return await reading.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch when (reading.Value.IsFaulted)
        {
            _git.TryRemove(repository.Path, out _);
            throw;
        }
    }
}
