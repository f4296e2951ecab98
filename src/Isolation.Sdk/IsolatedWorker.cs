using System.Threading.Channels;
using Isolation.Sdk.Attempts;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>An attempt being carried out: everything its runner may touch.</summary>
/// <remarks>For anyone but that runner every member but <see cref="Id"/> throws ISO0502, and for everyone ISO0501 once the worker has ended; so does everything that it hands out and that has members which do something
/// (context, conversation, inbox, services, processes and their streams). Plain values that were read from it (a path, an item, a message) are copies like any string.</remarks>
public sealed class IsolatedWorker
{
    private readonly WorkerParts _parts;
    private readonly WorkerSeal _seal;
    private readonly SealedServices _services;
    private readonly SealedReader<WorkerMessage> _inbox;
    private readonly SecretMasker _secrets = new();

    internal IsolatedWorker(WorkerParts parts)
    {
        _parts = parts;
        _seal = parts.Context.Seal;
        _services = new SealedServices(parts.Services, _seal);
        _inbox = new SealedReader<WorkerMessage>(parts.Inbox, _seal);
        foreach (EnvironmentEntry secret in parts.State.Info.Environment.Where(e => e.Secret))
        {
            _secrets.Add(secret.Value);
        }
    }

    /// <summary>Who it is.</summary>
    public AttemptId Id => _seal.Attempt;

    /// <summary>The assignment.</summary>
    public WorkItem Item => Mine._parts.Item;

    /// <summary>Its directory.</summary>
    public WorkspaceInfo Workspace => Mine._parts.Workspace;

    /// <summary>What it starts from.</summary>
    public WorkerContext Context => Mine._parts.Context;

    /// <summary>Its environment, home, temp and ports.</summary>
    public StateInfo State => Mine._parts.State.Info;

    /// <summary>Services of a scope that is this worker's own.</summary>
    public IServiceProvider Services => Mine._services;

    /// <summary>What the host says to it while it runs.</summary>
    public ChannelReader<WorkerMessage> Inbox => Mine._inbox;

    /// <summary>Please finish: cancelled before the token of the run, which means now.</summary>
    public CancellationToken Stopping => Mine._parts.Stopping;

    /// <summary>What a suspended run left for this one; <see langword="null"/> for a fresh start.</summary>
    public string? ResumeToken => Mine._parts.ResumeToken;

    internal string OutputFile => Mine._parts.OutputFile;

    private IsolatedWorker Mine
    {
        get
        {
            _seal.Demand();
            return this;
        }
    }

    /// <summary>Starts a command in the worker's state; the caller reads its output.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the wait for the start.</param>
    public async ValueTask<IWorkerProcess> StartAsync(
        WorkerCommand command,
        CancellationToken cancellationToken = default
    ) => new SealedProcess(await Mine._parts.State.StartAsync(command, cancellationToken).ConfigureAwait(false), _seal);

    /// <summary>Runs a command in the worker's state to its end and returns what it said.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the command with everything it started.</param>
    public Task<ExecResult> ExecAsync(WorkerCommand command, CancellationToken cancellationToken = default) =>
        Mine._parts.State.ExecAsync(command, cancellationToken);

    /// <summary>Brings the newest target into the worker's own branch, when it suits the worker. Git runs in the worker's state, never with the host's; hooks do not run. What the worker is said to have changed stays its own work.</summary>
    /// <param name="mode">How. <value><see cref="SyncMode.Rebase"/>: its commits end up on top, for a history that reads well.</value></param>
    /// <param name="commit">Another commit to bring in, by any name that the workspace knows; <see langword="null"/> for the target as it is now.</param>
    /// <param name="cancellationToken">Ends the work; the branch then is where it was, or where the sync put it.</param>
    /// <returns>Whether it is in. After a conflict or a refusal branch, index and files are as they were.</returns>
    /// <exception cref="IsolationException">ISO0314: git failed, and it was no conflict.</exception>
    public Task<SyncResult> SyncAsync(
        SyncMode mode = SyncMode.Rebase,
        string? commit = null,
        CancellationToken cancellationToken = default
    ) => Mine._parts.Sync(mode, commit, cancellationToken);

    /// <summary>Says which phase it is in: research, plan, implement, validate, or a word of its own.</summary>
    /// <param name="phase">The phase.</param>
    public void ReportPhase(string phase) =>
        Mine._parts.Report(new WorkerEvent(Id, default, WorkerEventKind.Phase) { Phase = _secrets.Apply(phase) });

    /// <summary>Says how far it is, in a line for people.</summary>
    /// <param name="text">The line; secrets in it are masked.</param>
    public void ReportProgress(string text) =>
        Mine._parts.Report(new WorkerEvent(Id, default, WorkerEventKind.Progress) { Text = _secrets.Apply(text) });

    /// <summary>Leaves a note for the workers of items that this one blocks: a git artifact on the attempt.</summary>
    /// <param name="note">The note, in Markdown.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask HandoffAsync(string note, CancellationToken cancellationToken = default) =>
        Mine._parts.Handoff(_secrets.Apply(note), cancellationToken);

    /// <summary>Adds a comment to the item's history in the tracker, and nowhere else.</summary>
    /// <param name="text">The comment.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask CommentAsync(string text, CancellationToken cancellationToken = default) =>
        Mine._parts.Comment("comment", _secrets.Apply(text), cancellationToken);

    /// <summary>Adds a blocker to the item's history in the tracker, and shows it in the status.</summary>
    /// <param name="text">What is in the way.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask ReportBlockerAsync(string text, CancellationToken cancellationToken = default)
    {
        Mine._parts.Report(new WorkerEvent(Id, default, WorkerEventKind.Blocked) { Text = _secrets.Apply(text) });
        return _parts.Comment("blocker", _secrets.Apply(text), cancellationToken);
    }
}
