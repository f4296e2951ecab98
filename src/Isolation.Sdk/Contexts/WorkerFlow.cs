using System.Diagnostics;
using System.Globalization;

namespace Isolation.Sdk.Contexts;

/// <summary>Gives an in-process runner a flow of its own: nothing of the caller's async locals, activity, baggage, culture or synchronization context.</summary>
internal static class WorkerFlow
{
    /// <summary>Runs a worker's code inside its seal, on a thread of its own up to the first wait that it awaits, so that one that blocks holds no thread of the pool; when it ends, however it ends, the seal is closed.</summary>
    public static Task<T> RunAsync<T>(WorkerSeal seal, Func<Task<T>> run)
    {
        // Suppressed, the new task starts from an empty execution context: no async local of anybody's, so no Activity either.
        using AsyncFlowControl? suppressed = ExecutionContext.IsFlowSuppressed()
            ? null
            : ExecutionContext.SuppressFlow();
        return Task
            .Factory.StartNew(
                () => InsideAsync(seal, run),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach | TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            )
            .Unwrap();
    }

    private static async Task<T> InsideAsync<T>(WorkerSeal seal, Func<Task<T>> run)
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
