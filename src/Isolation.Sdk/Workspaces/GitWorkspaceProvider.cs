using System.Collections.Concurrent;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

// It finds either kind again: a host may have changed its mind between two runs.
internal abstract class GitWorkspaceProvider(
    WorkspaceOptions options,
    TimeProvider time,
    WorkersDirectory? workers,
    GitRepositoryCache? repositories
) : IWorkspaceProvider, IAsyncDisposable
{
    private readonly GitRepositoryCache _repositories = repositories ?? new GitRepositoryCache();
    private readonly Trash _trash = new();
    private readonly ConcurrentDictionary<(string Repository, string Workers), RepositoryWorkspaces> _known = new();

    public FaultPoints Faults
    {
        get => _trash.Faults;
        init => _trash.Faults = value;
    }

    public bool MakesTemplates { get; init; } = true;

    public Func<string, FreeSpace> MeasureSpace { get; init; } = FreeSpace.Measure;

    protected WorkspaceOptions Options => options;

    protected abstract IsolationGuarantees Seals { get; }

    protected abstract string BranchNote { get; }

    public async ValueTask<ProbeResult> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        List<IsolationFault> problems = [];
        List<string> notices = [];
        try
        {
            string branch = BranchName.Of(options.BranchTemplate, new AttemptId($"probe-{Guid.NewGuid():n}", 1));
            RepositoryWorkspaces known = await GetAsync(repository, null, cancellationToken).ConfigureAwait(false);
            problems.AddRange(await known.FindProblemsAsync(cancellationToken).ConfigureAwait(false));
            if (FindBranchConflict(known.Context.Repository, branch) is { } conflict)
            {
                problems.Add(
                    new IsolationFault(
                        WorkspaceCodes.BranchConflict,
                        $"The branch template '{options.BranchTemplate}' cannot be used: {conflict}.",
                        "Delete or rename that branch, or choose another BranchTemplate."
                    )
                );
            }

            if (problems.Count == 0 && known.Templates.FindFault() is { } fault)
            {
                problems.Add(fault);
            }

            notices.AddRange(known.FindNotices());
        }
        catch (IsolationException e)
        {
            problems.Add(e.Fault);
        }

        return new ProbeResult(
            problems.Count == 0 ? Seals : IsolationGuarantees.None,
            IsolationGuarantees.None,
            problems
        )
        {
            Notices = notices,
        };
    }

    public async ValueTask<IWorkspace> AcquireAsync(
        WorkspaceRequest request,
        CancellationToken cancellationToken = default
    ) => await AcquireAsync(request, issue: false, cancellationToken).ConfigureAwait(false);

    public async ValueTask<GitWorkspace> AcquireAsync(
        WorkspaceRequest request,
        bool issue,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            RepositoryWorkspaces known = await GetAsync(request.Repository, request.WorkersDirectory, cancellationToken)
                .ConfigureAwait(false);
            WorkspaceCreation creation = new(known.Context, request, issue);
            AdmissionController? admission = known.Admission;
            await (admission?.AdmitAsync(request, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            GitWorkspace? workspace = null;
            try
            {
                return workspace = await CreateAsync(known, creation, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                admission?.Complete(made: workspace is not null);
            }
        }
        catch (IsolationException e) when (e.Attempt is null)
        {
            throw new IsolationException(e.Fault, e) { Attempt = request.Lease.Attempt, Stage = Stage.Workspace };
        }
    }

    public async ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!record.Notes.TryGetValue(WorkspaceNotes.Path, out string? path))
        {
            return null;
        }

        string? place = Path.GetDirectoryName(path);
        string? root =
            Path.GetFileName(place) == AttemptNames.FileName(record.Attempt) ? Path.GetDirectoryName(place) : null;
        WorkspaceContext context = (
            await GetAsync(record.Repository, root, cancellationToken).ConfigureAwait(false)
        ).Context;
        return await WorkspaceFinder.FindAsync(context, record, path, cancellationToken).ConfigureAwait(false);
    }

    public async Task SettleAsync()
    {
        await Task.WhenAll(_known.Values.Select(k => k.Idle?.SettleAsync() ?? Task.CompletedTask))
            .ConfigureAwait(false);
        await _trash.EmptyAsync().ConfigureAwait(false);
    }

    public Task SettleTemplatesAsync() => Task.WhenAll(_known.Values.Select(k => k.Trees.SettleAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach ((string, string) key in _known.Keys)
        {
            if (_known.TryRemove(key, out RepositoryWorkspaces? known))
            {
                await known.DisposeAsync().ConfigureAwait(false);
            }
        }

        await _trash.DisposeAsync().ConfigureAwait(false);
    }

    protected virtual string? FindBranchConflict(GitRepository repository, string branch) => null;

    protected abstract WorkspaceInfo Describe(WorkspaceCreation creation, string path, string branch);

    // Makes sure that the attempt was issued at the base, and holds what the workspace starts from.
    protected abstract Task PinAsync(WorkspaceCreation creation, string branch, CancellationToken cancellationToken);

    protected abstract Task<WorkspaceInfo> AddGitAsync(
        WorkspaceCreation creation,
        WorkspaceInfo info,
        MaterializedFiles files,
        CancellationToken cancellationToken
    );

    protected abstract GitWorkspace Open(WorkspaceCreation creation, WorkspaceInfo info, WorkspaceFacts facts);

    // What takes a half-made workspace away again.
    protected abstract Func<Task>[] Undo(WorkspaceRemoval removal, WorkspaceInfo info);

    private async Task<GitWorkspace> CreateAsync(
        RepositoryWorkspaces known,
        WorkspaceCreation creation,
        CancellationToken cancellationToken
    )
    {
        WorkspaceContext context = known.Context;
        string path = context.Workers.WorkspaceOf(creation.Attempt);
        string branch = BranchName.Of(options.BranchTemplate, creation.Attempt);
        string commit = creation.Request.BaseCommit;
        WorkersDirectorySetup.Check(context.Workers, context.Repository);
        creation.Check(path);
#pragma warning disable CA2007, MA0004 // There is nothing to configure where there is none.
        await using IdleMaterializer? idle = known.Idle?.Reserve(commit, known.Templates, cancellationToken);
#pragma warning restore CA2007, MA0004
        await creation.NoteAsync(WorkspaceNotes.Path, path, cancellationToken).ConfigureAwait(false);
        await creation.NoteAsync(BranchNote, branch, cancellationToken).ConfigureAwait(false);
        await creation.NoteAsync(WorkspaceNotes.Base, commit, cancellationToken).ConfigureAwait(false);
        await PinAsync(creation, branch, cancellationToken).ConfigureAwait(false);
        WorkspaceInfo info = Describe(creation, path, branch);
        try
        {
            await PrepareAsync(context, info, cancellationToken).ConfigureAwait(false);
            using MaterializedFiles files = await MaterializeAsync(known, idle, info, cancellationToken)
                .ConfigureAwait(false);
            info = await AddGitAsync(creation, info with { CheckedOutBy = files.Method }, files, cancellationToken)
                .ConfigureAwait(false);
            WorkspaceFacts facts = await CompleteAsync(creation, info, files.Submodules, cancellationToken)
                .ConfigureAwait(false);
            GitWorkspace workspace = Open(creation, info, facts);
            workspace.OnReleased = known.Admission is { } admission ? admission.SignalReleased : null;
            workspace.Recycle = files.Submodules.Count == 0 ? idle?.CreateRecycling(info, files) : null;
            return workspace;
        }
        catch (Exception e)
        {
            WorkspaceRemoval removal = new(context);
            await removal.RollBackAsync(creation.Attempt, Undo(removal, info)).ConfigureAwait(false);
            if (e is UnauthorizedAccessException or IOException)
            {
                throw WorkersDirectorySetup.Failed(context.Workers, e);
            }

            throw;
        }
    }

    // Only the directory of all workers is made, or taken away, by one at a time.
    private static async Task PrepareAsync(
        WorkspaceContext context,
        WorkspaceInfo info,
        CancellationToken cancellationToken
    )
    {
        using OsFileLock held = await context.LockAsync(cancellationToken).ConfigureAwait(false);
        if (!info.HasOwnRepository)
        {
            if (!OsFileLock.IsHeld(context.Repository.WorktreeLock))
            {
                throw new IsolationException(
                    LockCodes.Disabled,
                    $"File locks do nothing on the file system of '{context.Repository.CommonDirectory}'.",
                    "Keep the repository on a local disk, or on a network file system with locks."
                );
            }

            context.Trash.DeleteLeftBehind(WorkspaceRemoval.EntryTrashOf(context.Repository));
        }

        WorkersDirectorySetup.Prepare(context.Workers, context.Repository);
        context.Trash.DeleteLeftBehind(context.Workers.Trash);
        Directory.CreateDirectory(Path.GetDirectoryName(info.Path)!);
    }

    private static async Task<MaterializedFiles> MaterializeAsync(
        RepositoryWorkspaces known,
        IdleMaterializer? idle,
        WorkspaceInfo info,
        CancellationToken cancellationToken
    )
    {
        IWorkspaceMaterializer[] ways = idle is null
            ? [known.Templates, known.Checkout]
            : [idle, known.Templates, known.Checkout];
        foreach (IWorkspaceMaterializer way in ways)
        {
            if (
                await way.TryMaterializeAsync(info.Path, info.BaseCommit, cancellationToken).ConfigureAwait(false) is
                { } files
            )
            {
                return files;
            }
        }

        throw new InvalidOperationException("Git's own checkout refuses nothing.");
    }

    private async Task<WorkspaceFacts> CompleteAsync(
        WorkspaceCreation creation,
        WorkspaceInfo info,
        IReadOnlyList<FilledSubmodule> submodules,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<string> copied = await ExtraFiles
            .CopyIgnoredAsync(creation.Repository, info.Path, options.CopyIgnored, cancellationToken)
            .ConfigureAwait(false);
        WorkspaceFacts facts = new(
            Fingerprint.Take(creation.Repository, info),
            copied,
            ExtraFiles.Link(creation.Repository, info.Path, options.SymbolicLinks)
        )
        {
            TargetRef = creation.Request.TargetRef,
            CheckedOutBy = info.CheckedOutBy,
            CheckedOutAt = new PinMarker(info).Set(info.BaseCommit),
            Submodules = submodules,
        };
        await creation.NoteAsync(WorkspaceNotes.Made, facts.ToJson(), cancellationToken).ConfigureAwait(false);
        return facts;
    }

    private async Task<RepositoryWorkspaces> GetAsync(
        RepositoryRef reference,
        string? root,
        CancellationToken cancellationToken
    )
    {
        GitRepository repository = await _repositories
            .OpenAsync(reference.Path, cancellationToken)
            .ConfigureAwait(false);
        WorkersDirectory directory = root is not null
            ? new WorkersDirectory(root)
            : workers ?? WorkersDirectory.Beside(repository.CommonDirectory);
        return _known.GetOrAdd((repository.CommonDirectory, directory.Root), _ => new RepositoryWorkspaces(
            new WorkspaceContext(repository, directory, time, _trash) { Options = options, Faults = Faults },
            MakesTemplates,
            MeasureSpace
        ));
    }
}
