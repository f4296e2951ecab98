using System.Diagnostics;
using System.Globalization;

namespace Isolation.Sdk.Contexts;

/// <summary>Gives an in-process runner a flow of its own: nothing of the caller's async locals, activity, baggage, culture or synchronization context.</summary>
internal static class WorkerFlow
{
    /// <summary>Runs a worker's code on the thread pool, inside its seal; when it ends, however it ends, the seal is closed.</summary>
    public static Task<T> RunAsync<T>(WorkerSeal seal, Func<Task<T>> run)
    {
        // Suppressed, the new task starts from an empty execution context: no async local of anybody's, so no Activity either.
        using AsyncFlowControl? suppressed = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return Task.Factory.StartNew(() => InsideAsync(seal, run), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap();
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
