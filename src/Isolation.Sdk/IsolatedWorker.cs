using System.Diagnostics;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>An attempt being carried out: everything that its runner may touch.</summary>
/// <remarks>After the worker's end its members throw <see cref="ObjectDisposedException"/>, except <see cref="Id"/>,
/// <see cref="Item"/> and <see cref="Stopping"/>.</remarks>
public sealed class IsolatedWorker
{
    private readonly WorkerParts _parts;
    private readonly SecretMasker _secrets = new();

    internal IsolatedWorker(WorkerParts parts)
    {
        _parts = parts;
        foreach (EnvironmentEntry secret in parts.State.Info.Environment.Where(e => e.Secret))
        {
            _secrets.Add(secret.Value);
        }
    }

    /// <summary>The attempt.</summary>
    public AttemptId Id => _parts.Context.Attempt;

    /// <summary>The assignment.</summary>
    public WorkItem Item => _parts.Item;

    /// <summary>The worker's directory.</summary>
    public WorkspaceInfo Workspace => Living.Workspace;

    /// <summary>What the worker starts from.</summary>
    public WorkerContext Context => Living.Context;

    /// <summary>The worker's environment, home, temp folder and ports.</summary>
    public StateInfo State => Living.State.Info;

    /// <summary>The services of the worker's own scope.</summary>
    public IServiceProvider Services => Living.Services;

    /// <summary>What the host says to the worker while it runs.</summary>
    public ChannelReader<WorkerMessage> Inbox => Living.Inbox;

    /// <summary>A token that asks the worker to finish. It is cancelled before the token of the run, which ends the
    /// worker.</summary>
    public CancellationToken Stopping => _parts.Stopping;

    /// <summary>What a suspended attempt left for this one; <see langword="null"/> for a fresh start.</summary>
    public string? ResumeToken => Living.ResumeToken;

    /// <summary>The activity that this worker's own activities belong to, for a process or a service that is told its
    /// parent. Empty if nobody traces.</summary>
    public ActivityContext ActivityContext => Living.ActivityContext;

    internal WorkerParts Parts => Living;

    private WorkerParts Living
    {
        get
        {
            _parts.Context.Lifetime.ThrowIfEnded();
            return _parts;
        }
    }

    /// <summary>Starts a command in the worker's state; the caller reads its output.</summary>
    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        Living.State.StartAsync(command, cancellationToken);

    /// <summary>Runs a command in the worker's state to its end and returns its output.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">A token to end the command with everything that it started.</param>
    public Task<ExecResult> ExecAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        Living.State.ExecAsync(command, cancellationToken);

    /// <summary>Brings the newest target into the worker's own branch. Git runs in the worker's state; hooks do not
    /// run. What the worker has changed stays its own work.</summary>
    /// <param name="mode">How. <value><see cref="SyncMode.Rebase"/>: the worker's commits end up on
    /// top.</value></param>
    /// <param name="commit">Another commit to bring in, by any name that the workspace knows; <see langword="null"/>
    /// for the target as it is now.</param>
    /// <param name="cancellationToken">A token to cancel the operation; the branch then is where it was, or where the
    /// sync put it.</param>
    /// <returns>Whether it is in. After a conflict or a refusal, branch, index and files are as they were.</returns>
    /// <exception cref="IsolationException">ISO0314: git failed, and it was no conflict.</exception>
    public Task<SyncResult> SyncAsync(
        SyncMode mode = SyncMode.Rebase,
        string? commit = null,
        CancellationToken cancellationToken = default
    ) => Living.Sync(mode, commit, cancellationToken);

    /// <summary>Reports the phase: research, plan, implement, validate, or a word of the runner's own.</summary>
    public void ReportPhase(string phase) =>
        Living.Report(new WorkerEvent(Id, default, WorkerEventKind.Phase) { Phase = _secrets.Apply(phase) });

    /// <summary>Reports progress, in a line for people.</summary>
    /// <param name="text">The line; secrets in it are masked.</param>
    public void ReportProgress(string text) =>
        Living.Report(new WorkerEvent(Id, default, WorkerEventKind.Progress) { Text = _secrets.Apply(text) });

    /// <summary>Leaves a note for the workers of items that this one blocks: a git artifact on the attempt.</summary>
    public ValueTask HandoffAsync(string note, CancellationToken cancellationToken = default) =>
        Living.Handoff(_secrets.Apply(note), cancellationToken);

    /// <summary>Adds a comment to the item's history in the tracker, and nowhere else.</summary>
    public ValueTask CommentAsync(string text, CancellationToken cancellationToken = default) =>
        Living.Comment("comment", _secrets.Apply(text), cancellationToken);

    /// <summary>Adds a blocker to the item's history in the tracker, and shows it in the status.</summary>
    public ValueTask ReportBlockerAsync(string text, CancellationToken cancellationToken = default)
    {
        Living.Report(new WorkerEvent(Id, default, WorkerEventKind.Blocked) { Text = _secrets.Apply(text) });
        return _parts.Comment("blocker", _secrets.Apply(text), cancellationToken);
    }
}
