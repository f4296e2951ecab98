using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Contexts;

namespace Isolation.Sdk.Running;

/// <summary>Gives an in-process runner a flow of its own: nothing of the caller's async locals, activity, baggage, culture or synchronization context.</summary>
internal static class WorkerFlow
{
    /// <summary>Runs a worker's code on the thread pool, inside its seal; when it ends, however it ends, the seal is closed.</summary>
    public static Task<RunResult> RunAsync(WorkerSeal seal, Func<Task<RunResult>> run)
    {
        // Suppressed, the new task starts from an empty execution context: no async local of anybody's, so no Activity either.
        using AsyncFlowControl? suppressed = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return Task.Factory.StartNew(() => InsideAsync(seal, run), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap();
    }

    private static async Task<RunResult> InsideAsync(WorkerSeal seal, Func<Task<RunResult>> run)
    {
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
            Activity.Current = null;
            seal.Enter();
            return await run().ConfigureAwait(false);
        }
        finally
        {
            seal.Close();
        }
    }
}
