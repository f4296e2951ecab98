using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces.Trees;

namespace Isolation.Sdk.Workspaces.Pooling;

/// <summary>Hands the files of released workspaces to later ones. Everything of git's is made new each time, so only files can differ, and these are compared with what was written.</summary>
internal sealed class WarmPool(GitWorkspaceProvider inner, WarmPoolOptions options)
    : IWorkspaceProvider,
        IAsyncDisposable
{
    private readonly CleaningLine _line = new();
    private readonly ParkedTrees _parked = new(options.Size);

    /// <summary>Wraps a provider of this library's.</summary>
    /// <exception cref="IsolationConfigurationException">ISO0318: it is another, or there is no room.</exception>
    public static WarmPool Around(IWorkspaceProvider inner, WarmPoolOptions options)
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
        return new WarmPool(git, options);
    }

    /// <inheritdoc/>
    public async ValueTask<AxisReport> ProbeAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        AxisReport report = await inner.ProbeAsync(repository, cancellationToken).ConfigureAwait(false);
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
        TreeContext context = (
            await inner.FillerAsync(request.Repository, cancellationToken).ConfigureAwait(false)
        ).Context;
        string key = context.Settings.Key();
        Task<PreparedTree?> tree = Task.Run(
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
        await _line.SettleAsync().ConfigureAwait(false);
        await inner.SettleAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _line.DisposeAsync().ConfigureAwait(false);
        await inner.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends a workspace as it would end without a pool, except that its files stay, if they are of use.</summary>
    internal async ValueTask ReleaseAsync(
        GitWorkspace workspace,
        TreeContext context,
        string key,
        ReleaseMode mode,
        CancellationToken cancellationToken
    )
    {
        bool leaves =
            OperatingSystem.IsLinux()
            && (
                mode == ReleaseMode.Recycle
                || (mode == ReleaseMode.KeepIfUnmerged && workspace.IsPinned && !workspace.IsEvidence)
            );
        if (
            !leaves
            || !Directory.Exists(workspace.Info.Path)
            || workspace.Filled is not { } filled
            || key != context.Settings.Key()
            || context.Settings.WhyNot() is not null
            || !_line.TryEnter(options.Size - ParkedTrees.Count(context))
        )
        {
            await workspace.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
            return;
        }

        PreparedTree? tree = null;
        try
        {
            tree = PreparedTree.Begin(context);
            if (!await workspace.DetachAsync(mode, tree.Files, cancellationToken).ConfigureAwait(false))
            {
                GiveUp(tree);
                return;
            }
        }
        catch (IOException e) when (tree is null && WorkersRoot.IsFull(e))
        {
            // No room for what would stay: all of it goes.
            _line.Leave();
            await workspace.ReleaseAsync(mode, cancellationToken).ConfigureAwait(false);
            return;
        }
        catch
        {
            GiveUp(tree);
            throw;
        }

        context.Reached(TreeStep.Detached);
        _line.Behind(context, () => _parked.ParkAsync(context, tree, filled, workspace.Info.BaseCommit, key));
    }

    /// <summary>A tree that waits, or the one that is being cleaned: it is there sooner than another one would be.</summary>
    private async Task<PreparedTree?> TakeAsync(
        TreeContext context,
        string key,
        string commit,
        CancellationToken cancellationToken
    )
    {
        PreparedTree? waits = await _parked
            .TakeAsync(context, key, commit, cleaned: null, cancellationToken)
            .ConfigureAwait(false);
        return waits is null && _line.Claim(context) is { } cleaning
            ? await _parked
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

    private void GiveUp(PreparedTree? tree)
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
            _line.Leave();
        }
    }

    private static IsolationConfigurationException Impossible(string message, string remedy) =>
        new([new IsolationFault(WorkspaceCodes.PoolImpossible, message, remedy)]);
}
