using Isolation.Sdk.Attempts;
using Isolation.Sdk.Cleanup;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Git;
using Isolation.Sdk.Scheduling;

namespace Isolation.Sdk.Composition;

// A node's one worker session. It opens with the first attempt, after what a dead process left was swept.
internal sealed class NodeSession(PipelinePlan plan, IWorkerHost host) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<WorkerSession>? _opening;

    public async Task<AttemptReport> RunAsync(WorkerNode.Execution execution)
    {
        Task<WorkerSession> opening;
        lock (_gate)
        {
            // A clone that could not be opened may be there for the next attempt.
            opening = _opening is null or { IsFaulted: true } ? _opening = OpenAsync() : _opening;
        }

        WorkerSession session = await opening.ConfigureAwait(false);
        WorkerAssignment assignment = execution.Assignment;
        string? foreign =
            assignment.ObjectFormat is { } format && format != session.Repository.ObjectFormat
                ? $"its object IDs are {format}"
            : await session
                .Repository.TryResolveCommitAsync(assignment.BaseCommit, execution.Ended)
                .ConfigureAwait(false)
                is null
                ? $"its base commit {assignment.BaseCommit} is not here"
            : null;
        return foreign is null
            ? await session.RunAsync(execution).ConfigureAwait(false)
            : throw new IsolationException(
                DispatchingCodes.WrongRepository,
                $"{assignment.Attempt} is for another repository than "
                    + $"'{session.Repository.Reference.Path}': {foreign}.",
                "Fetch the attempt's ref first, into the clone of the repository that the assignment names."
            )
            {
                Attempt = assignment.Attempt,
            };
    }

    public async ValueTask DisposeAsync()
    {
        if (_opening is { IsCompletedSuccessfully: true } opened)
        {
            opened.Result.Dispose();
        }

        await PipelineComposer.DisposeAsync(plan.Made).ConfigureAwait(false);
    }

    private async Task<WorkerSession> OpenAsync()
    {
        GitRepository repository = await plan.OpenRepositoryAsync(CancellationToken.None).ConfigureAwait(false);
        WorkerSession session = new(plan.Workers, repository, host);
        LandedRecords none = new(repository, session.Leases, session.Directory, "", session.Plan.Time);
        LeaseSweep sweep = new(session.Leases, none, plan.Workers.Workspaces, plan.Workers.Sandbox);
        await sweep
            .ApplyAsync(await sweep.PlanAsync(CancellationToken.None).ConfigureAwait(false), CancellationToken.None)
            .ConfigureAwait(false);
        return session;
    }
}
