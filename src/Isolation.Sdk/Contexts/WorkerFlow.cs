using System.Diagnostics;
using System.Globalization;

namespace Isolation.Sdk.Contexts;

/// <summary>
/// Gives an in-process runner its own async flow: none of the caller's async locals, baggage or culture.
/// </summary>
internal static class WorkerFlow
{
    // On a thread of its own up to its first await, so that code that blocks holds no thread of the pool.
    public static Task<T> RunAsync<T>(WorkerLifetime lifetime, Func<Task<T>> run, Activity? activity = null)
    {
        using AsyncFlowControl? suppressed = ExecutionContext.IsFlowSuppressed()
            ? null
            : ExecutionContext.SuppressFlow();
#pragma warning disable MA0100 // It is the start that must not flow, not what comes of it.
        return Task
            .Factory.StartNew(
                () => InsideAsync(lifetime, run, activity),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach | TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            )
            .Unwrap();
#pragma warning restore MA0100
    }

    private static async Task<T> InsideAsync<T>(WorkerLifetime lifetime, Func<Task<T>> run, Activity? activity)
    {
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
            Activity.Current = activity;
            return await run().ConfigureAwait(false);
        }
        finally
        {
            lifetime.End();
        }
    }
}
