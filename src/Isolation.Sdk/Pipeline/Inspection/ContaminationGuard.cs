using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>Compares what no worker owns with what it was, whenever a worker starts or ends, and holds a difference that nobody in the pipeline made against those who ran meanwhile.</summary>
internal sealed class ContaminationGuard(GitRepository repository, LeaseStore leases, WorkersFolder folder, string targetRef, bool watchCheckout, TimeProvider time) : IDisposable
{
    /// <summary>What it finds.</summary>
    public const IsolationGuarantees Detects = IsolationGuarantees.Refs | IsolationGuarantees.GitConfig | IsolationGuarantees.Hooks | IsolationGuarantees.Stash;

    private static readonly TimeSpan SecondLook = TimeSpan.FromMilliseconds(20);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<AttemptId, GuardedWorker> _running = [];
    private readonly Dictionary<AttemptId, List<Finding>> _findings = [];
    private readonly HashSet<string> _branches = new(StringComparer.Ordinal);
    private readonly HashSet<string> _landed = new(StringComparer.Ordinal);
    private readonly List<Action> _waiting = [];
    private IReadOnlyDictionary<string, string>? _last;
    private readonly Authorship _authors = new(repository);
    private readonly CheckoutWatch? _checkout = watchCheckout && repository.TopLevel is { } top ? new CheckoutWatch(repository, top, new QueueNames(repository, targetRef).Checkout, time) : null;
    private IReadOnlyList<LeaseRecord> _leases = [];

    /// <summary>A worker is about to run.</summary>
    public Task EnterAsync(GuardedWorker worker, CancellationToken cancellationToken) => AfterLookAsync(() =>
    {
        _running[worker.Attempt] = worker;
        _findings[worker.Attempt] = [];
        if (!worker.Workspace.HasOwnRepository)
        {
            _branches.Add($"refs/heads/{worker.Workspace.Branch}");
        }
    }, cancellationToken);

    /// <summary>A worker has ended, and nothing of it runs any more.</summary>
    /// <returns>What was written outside of what its writer owns, while this worker ran.</returns>
    public async Task<IReadOnlyList<Finding>> LeaveAsync(AttemptId attempt, CancellationToken cancellationToken)
    {
        List<Finding>? found = null;
        void Leave()
        {
            _running.Remove(attempt);
            _findings.Remove(attempt, out found);
        }

        try
        {
            await AfterLookAsync(Leave, cancellationToken).ConfigureAwait(false);
            return found ?? [];
        }
        catch
        {
            // Whatever kept it from being looked at, it is over, and suspected of nothing that comes after it.
            await _one.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            Leave();
            _one.Release();
            throw;
        }
    }

    /// <summary>The queue moved the target: this commit there is its doing.</summary>
    public void Landed(string commit)
    {
        lock (_landed)
        {
            _landed.Add(commit);
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Does something after a look that began after this was called. All who wait when a look begins share it: it sees what each of them has to see.</summary>
    private async Task AfterLookAsync(Action then, CancellationToken cancellationToken)
    {
        lock (_waiting)
        {
            _waiting.Add(then);
        }

        try
        {
            await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await LookForAllAsync(then, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _one.Release();
            }
        }
        catch when (!GivesUp(then))
        {
            // Another one's look had been for this one too.
        }
    }

    /// <summary>Who gives up must not be counted in or out by another one's look later.</summary>
    private bool GivesUp(Action then)
    {
        lock (_waiting)
        {
            return _waiting.Remove(then);
        }
    }

    private async Task LookForAllAsync(Action mine, CancellationToken cancellationToken)
    {
        Action[] all;
        lock (_waiting)
        {
            all = _waiting.Contains(mine) ? [.. _waiting] : [];
        }

        if (all.Length == 0)
        {
            return; // Another one's look was for this one too.
        }

        await ObserveAsync(cancellationToken).ConfigureAwait(false);
        lock (_waiting)
        {
            foreach (Action then in all.Where(_waiting.Remove))
            {
                then();
            }
        }
    }

    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        // A lease is older than what it notes and younger than its removal: read on both sides, it explains whatever comes or goes between.
        IReadOnlyList<LeaseRecord> held = leases.List();
        IReadOnlyDictionary<string, string> now = (await RepositoryFacts.ReadAsync(repository, cancellationToken).ConfigureAwait(false)).Values;
        _leases = [.. held, .. leases.List()];
        _branches.UnionWith(_leases.Select(l => l.Notes.GetValueOrDefault(WorkspaceNotes.Branch)).OfType<string>().Select(b => $"refs/heads/{b}"));
        if (_last is { } before)
        {
            foreach (string name in before.Keys.Union(now.Keys, StringComparer.Ordinal))
            {
                string? old = before.GetValueOrDefault(name), fresh = now.GetValueOrDefault(name);
                if (old != fresh && !await IsExplainedAsync(name, fresh, cancellationToken).ConfigureAwait(false))
                {
                    Hold(name, old, fresh);
                }
            }
        }

        _last = now;
        if (_checkout is not null && await _checkout.LookAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } changed)
        {
            Hold($"checkout: {string.Join(", ", changed.Take(5))}", null, null);
        }
    }

    private async Task<bool> IsExplainedAsync(string name, string? now, CancellationToken cancellationToken)
    {
        if (name.StartsWith("refs/remotes/", StringComparison.Ordinal))
        {
            return true; // A fetch by a worker: its own base is pinned, and so is everybody's.
        }

        if (!watchCheckout && (name == "HEAD" || name == CheckoutBranch()))
        {
            return true; // Who may work there may commit there.
        }

        if (name == targetRef)
        {
            return now is not null && await IsLandingAsync(now, cancellationToken).ConfigureAwait(false);
        }

        if (_running.Values.FirstOrDefault(w => w.Owns(name)) is { } owner)
        {
            return name.StartsWith(owner.Entry, StringComparison.Ordinal) || owner.Workspace.Branch is not { } branch || name != $"refs/heads/{branch}" || await StandsAsync(owner, cancellationToken).ConfigureAwait(false);
        }

        // Made or removed by a provider on behalf of an attempt: its lease says so, or said so before.
        return IsNoted(name) || (now is null && IsOver(name)) || await IsPinnedAsync(name, now, cancellationToken).ConfigureAwait(false);
    }

    private string? CheckoutBranch() => File.ReadAllText(Path.Combine(repository.GitDirectory, "HEAD")).Trim() is var head && head.StartsWith("ref: ", StringComparison.Ordinal) ? head[5..] : null;

    // The branch of an attempt of another process, which came and went between two looks: its pin holds what it had.
    private async Task<bool> IsPinnedAsync(string name, string? now, CancellationToken cancellationToken)
    {
        if (!name.StartsWith("refs/heads/", StringComparison.Ordinal))
        {
            return false;
        }

        foreach ((string pin, string commit) in await repository.ListRefsAsync(AttemptNames.AttemptsPrefix, cancellationToken).ConfigureAwait(false))
        {
            bool hasNone = _running.Values.Any(w => w.Workspace.HasOwnRepository && AttemptNames.Ref(w.Attempt) == pin);
            if (!hasNone && $"{name}/".Contains($"/{pin[AttemptNames.AttemptsPrefix.Length..]}/", StringComparison.Ordinal))
            {
                return now is null || now == commit || (await repository.TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", now, commit).ConfigureAwait(false)).Ok;
            }
        }

        return false;
    }

    private async Task<bool> StandsAsync(GuardedWorker owner, CancellationToken cancellationToken)
    {
        // Git writes the log just before the ref: what does not match yet may match in a moment.
        for (int look = 0; look < 5; look++)
        {
            if (owner.StandsWhereItWent())
            {
                return true;
            }

            await Task.Delay(SecondLook, time, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    private async Task<bool> IsLandingAsync(string commit, CancellationToken cancellationToken)
    {
        lock (_landed)
        {
            if (_landed.Contains(commit))
            {
                return true;
            }
        }

        GitResult trailers = await repository.TryRunAsync(cancellationToken, "log", "-1", "--format=%(trailers:key=Isolation-Attempt)", commit).ConfigureAwait(false);
        return trailers.Ok && trailers.Line.Length > 0;
    }

    // A provider notes in its lease what it is about to make; a worktree's name is git's choice, its place is not.
    private bool IsNoted(string name) => name.StartsWith("worktrees/", StringComparison.Ordinal)
        ? WorktreePath(name) is not { } path || path.StartsWith(folder.Root + Path.DirectorySeparatorChar, StringComparison.Ordinal) || _leases.Any(l => l.Notes.TryGetValue(WorkspaceNotes.Path, out string? place) && path.StartsWith(place + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        : _leases.Any(l => l.Notes.TryGetValue(WorkspaceNotes.Branch, out string? branch) && name == $"refs/heads/{branch}");

    /// <returns><see langword="null"/> when it was removed since it was seen.</returns>
    private string? WorktreePath(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(repository.CommonDirectory, Path.GetDirectoryName(name)!, "gitdir")).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // A branch or worktree entry of an attempt that is over: it goes when the work has landed or the workspace is given back.
    private bool IsOver(string name) => name.StartsWith("worktrees/", StringComparison.Ordinal) || _branches.Contains(name);

    private void Hold(string what, string? before, string? after)
    {
        // Where git's own logs name who it was, nobody else is held for it.
        IReadOnlyCollection<string>? authors = _running.Values.Any(w => w.Owns(what)) ? null : _authors.Of(what, appeared: before is null && after is not null);
        GuardedWorker[] suspects = [.. _running.Values.Where(w => !w.Owns(what) && (authors is null || authors.Any(tree => tree == w.Workspace.Path || tree.StartsWith(folder.Of(w.Attempt) + Path.DirectorySeparatorChar, StringComparison.Ordinal))))];
        Finding finding = new(what, before, after, [.. suspects.Select(s => s.Attempt)]);
        foreach (GuardedWorker held in suspects.Length > 0 ? [.. _running.Values] : suspects)
        {
            if (suspects.Contains(held) || held.Owns(what))
            {
                _findings[held.Attempt].Add(finding);
            }
        }
    }
}
