using System.ComponentModel;

namespace Isolation.Sdk.Platform;

// A process forked while a script was written holds it open until its own exec, and the kernel refuses to run it so
// long.
internal static class ExecRetry
{
    private const int TextFileBusy = 26,
        MaxTries = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static async Task<T> StartAsync<T>(Func<Task<T>> start, TimeProvider time)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await start().ConfigureAwait(false);
            }
            catch (IsolationException e)
                when (tries < MaxTries && e.InnerException is Win32Exception { NativeErrorCode: TextFileBusy })
            {
                await Task.Delay(Pause * tries, time).ConfigureAwait(false);
            }
        }
    }
}
