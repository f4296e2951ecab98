using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

/// <summary>Hands the files of released workspaces to later ones. Everything of git's is made new each time, so only files can differ, and these are compared with what was written.</summary>
internal sealed class WorkspacePool(GitWorkspaceProvider inner, WorkspacePoolOptions options)
    : IWorkspaceProvider,
        IAsyncDisposable
{
    private readonly CleaningQueue _cleaning = new();
    private readonly IdleWorkspaces _idle = new(options.Size);

    /// <summary>Wraps a provider of this library's.</summary>
    /// <exception cref="IsolationConfigurationException">ISO0318: it is another, or there is no room.</exception>
    public static WorkspacePool Around(IWorkspaceProvider inner, WorkspacePoolOptions options)
    {
        if (inner is not GitWorkspaceProvider git)
        {
            throw Impossible(
                $"A warm pool knows git worktrees and private clones, and these workspaces are made by '{inner.GetType().Name}'.",
                "Use .Workspaces.UseGitWorktrees() or .UsePrivateClones(), and add UseWarmPool after all other decorators."
            );
        }

        if (options.Size < 1)
        {
            throw Impossible(
                $"A warm pool of {options.Size} holds nothing.",
                "Give Size a number of at least 1, or leave the pool out."
            );
        }

        git.KeepsIndexes = true;
        return new WorkspacePool(git, options);
    }

    /// <inheritdoc/>
    public async ValueTask<ProbeResult> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        ProbeResult report = await inner.ProbeAsync(repository, cancellationToken).ConfigureAwait(false);
        string notice = OperatingSystem.IsLinux()
            ? $"Released workspaces are cleaned and used again, at most {options.Size} of them: a process that outlives its attempt could still write there, so a state axis should end them all."
            : "The warm pool does nothing here: only on Linux can it tell that a file was not written.";
        return report with { Notices = [.. report.Notices, notice] };
    }

    /// <inheritdoc/>
    public async ValueTask<IWorkspace> AcquireAsync(
        WorkspaceRequest request,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        WorkspaceContext context = (
            await inner.GetMaterializerAsync(request.Repository, cancellationToken).ConfigureAwait(false)
        ).Context;
        string key = context.Settings.Key();
        Task<TemplateTree?> tree = Task.Run(
            () => TakeAsync(context, key, request.BaseCommit, cancellationToken),
            cancellationToken
        ); // Beside what git has to be told.
        try
        {
            return new PooledWorkspace(
                this,
                context,
                key,
                await inner.AcquireAsync(request, issue: false, tree, cancellationToken).ConfigureAwait(false)
            );
        }
        finally
        {
            await ((Task)tree).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (tree.IsCompletedSuccessfully ? await tree.ConfigureAwait(false) : null)?.Dispose();
        }
    }

    /// <inheritdoc/>
    public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
        inner.ReopenAsync(record, cancellationToken);

    /// <summary>Completes when everything released so far is in the pool or gone.</summary>
    public async Task SettleAsync()
    {
        await _cleaning.SettleAsync().ConfigureAwait(false);
        await inner.SettleAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cleaning.DisposeAsync().ConfigureAwait(false);
        await inner.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a workspace as it would end without a pool, except that its files stay, if they are of use.</summary>
    internal async ValueTask ReleaseAsync(
        GitWorkspace workspace,
        WorkspaceContext context,
        string key,
        ReleaseMode mode,
        CancellationToken cancellationToken
    )
    {
        bool leaves =
            OperatingSystem.IsLinux()
            && (
                mode == ReleaseMode.Recycle
                || (mode == ReleaseMode.KeepIfUnmerged && workspace.IsPinned == true && !workspace.IsQuarantined)
            );
        if (
            !leaves
            || !Directory.Exists(workspace.Info.Path)
            || workspace.CheckedOutIndex is not { } filled
            || key != context.Settings.Key()
            || context.Settings.UnsupportedReason() is not null
            || !_cleaning.TryEnter(options.Size - IdleWorkspaces.Count(context))
        )
        {
            await workspace.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
            return;
        }

        TemplateTree? tree = null;
        try
        {
            tree = TemplateTree.Begin(context);
            if (!await workspace.DetachAsync(mode, tree.Files, cancellationToken).ConfigureAwait(false))
            {
                GiveUp(tree);
                return;
            }
        }
        catch (IOException e) when (tree is null && DiskErrors.IsFull(e))
        {
            // No room for what would stay: all of it goes.
            _cleaning.Leave();
            await workspace.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
            return;
        }
        catch
        {
            GiveUp(tree);
            throw;
        }

        context.Faults.Reached(WorkspaceStep.Detached);
        _cleaning.CleanInBackground(context, () =>
            _idle.ReturnAsync(context, tree, filled, workspace.Info.BaseCommit, key)
        );
    }

    /// <summary>A tree that waits, or the one that is being cleaned: it is there sooner than another one would be.</summary>
    private async Task<TemplateTree?> TakeAsync(
        WorkspaceContext context,
        string key,
        string commit,
        CancellationToken cancellationToken
    )
    {
        TemplateTree? waits = await _idle
            .TakeAsync(context, key, commit, cleaned: null, cancellationToken)
            .ConfigureAwait(false);
        return waits is null && _cleaning.Claim(context) is { } cleaning
            ? await _idle
                .TakeAsync(
                    context,
                    key,
                    commit,
                    await cleaning.WaitAsync(cancellationToken).ConfigureAwait(false),
                    cancellationToken
                )
                .ConfigureAwait(false)
            : waits;
    }

    private void GiveUp(TemplateTree? tree)
    {
        try
        {
            using (tree)
            {
                tree?.Discard();
            }
        }
        finally
        {
            _cleaning.Leave();
        }
    }

    private static IsolationConfigurationException Impossible(string message, string remedy) =>
        new([new IsolationFault(WorkspaceCodes.PoolUnsupported, message, remedy)]);
}
