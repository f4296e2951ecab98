using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>An attempt being carried out: everything its runner may touch. For anyone but that runner every member but <see cref="Id"/> throws, and for everyone once the worker has ended.</summary>
public sealed class IsolatedWorker
{
    private readonly WorkerParts _parts;
    private readonly WorkerSeal _seal;

    internal IsolatedWorker(WorkerParts parts)
    {
        _parts = parts;
        _seal = parts.Context.Seal;
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
    public IServiceProvider Services => Mine._parts.Services;

    /// <summary>What the host says to it while it runs.</summary>
    public ChannelReader<WorkerMessage> Inbox => Mine._parts.Inbox;

    /// <summary>Please finish: cancelled before the token of the run, which means now.</summary>
    public CancellationToken Stopping => Mine._parts.Stopping;

    /// <summary>What a suspended run left for this one; <see langword="null"/> for a fresh start.</summary>
    public string? ResumeToken => Mine._parts.ResumeToken;

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
    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default) => Mine._parts.State.StartAsync(command, cancellationToken);

    /// <summary>Runs a command in the worker's state to its end and returns what it said.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the command with everything it started.</param>
    public Task<ExecResult> ExecAsync(WorkerCommand command, CancellationToken cancellationToken = default) => Mine._parts.State.ExecAsync(command, cancellationToken);

    /// <summary>Says which phase it is in: research, plan, implement, validate, or a word of its own.</summary>
    /// <param name="phase">The phase.</param>
    public void ReportPhase(string phase) => Mine._parts.Report(new WorkerEvent(Id, default, WorkerEventKind.Phase) { Phase = phase });

    /// <summary>Says how far it is, in a line for people.</summary>
    /// <param name="text">The line; secrets in it are masked.</param>
    public void ReportProgress(string text) => Mine._parts.Report(new WorkerEvent(Id, default, WorkerEventKind.Progress) { Text = text });

    /// <summary>Leaves a note for the workers of items that this one blocks: a git artifact on the attempt.</summary>
    /// <param name="note">The note, in Markdown.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask HandoffAsync(string note, CancellationToken cancellationToken = default) => Mine._parts.Handoff(note, cancellationToken);

    /// <summary>Adds a comment to the item's history in the tracker, and nowhere else.</summary>
    /// <param name="text">The comment.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask CommentAsync(string text, CancellationToken cancellationToken = default) => Mine._parts.Comment("comment", text, cancellationToken);

    /// <summary>Adds a blocker to the item's history in the tracker, and shows it in the status.</summary>
    /// <param name="text">What is in the way.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask ReportBlockerAsync(string text, CancellationToken cancellationToken = default)
    {
        Mine._parts.Report(new WorkerEvent(Id, default, WorkerEventKind.Blocked) { Text = text });
        return _parts.Comment("blocker", text, cancellationToken);
    }
}
