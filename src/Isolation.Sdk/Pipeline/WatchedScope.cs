using System.Globalization;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Pipeline;

/// <summary>A worker's scope as the worker sees it: what it starts shows in its status, and ending the scope is not its business.</summary>
internal sealed class WatchedScope(IStateScope inner, AttemptId attempt, WorkerEventHub events) : IStateScope
{
    public StateInfo Info => inner.Info;

    public async ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default)
    {
        IWorkerProcess process = await inner.StartAsync(command, cancellationToken).ConfigureAwait(false);
        Say(WorkerEventKind.ProcessStarted, process.Id, "");
        _ = process.Exit.ContinueWith(e => Say(WorkerEventKind.ProcessEnded, process.Id, e.IsCompletedSuccessfully ? e.Result.Mechanism : ""), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return process;
    }

    public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Say(WorkerEventKind kind, int id, string mechanism)
    {
        Dictionary<string, string> data = new() { ["pid"] = id.ToString(CultureInfo.InvariantCulture) };
        if (mechanism.Length > 0)
        {
            data["mechanism"] = mechanism;
        }

        events.Publish(new WorkerEvent(attempt, default, kind) { Data = data });
    }
}
