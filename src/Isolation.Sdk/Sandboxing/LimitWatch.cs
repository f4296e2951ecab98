using System.Globalization;

namespace Isolation.Sdk.Sandboxing;

/// <summary>Looks again and again at what a command takes, and says which limit it passed.</summary>
/// <param name="limits">The limits.</param>
/// <param name="folders">What counts as disk.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitWatch(ProcessLimits limits, IReadOnlyList<string> folders, TimeProvider time)
{
    private const int FileSizeSignal = 128 + 25;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    /// <summary>The limit that a command passed; <see langword="null"/> when it ended within all of them.</summary>
    public async Task<LimitHit?> WatchAsync(StartedProcess process)
    {
        long begun = time.GetTimestamp();
        while (limits.AnyWatched && !process.Exited.IsCompleted)
        {
            if (await PassedAsync(process, time.GetElapsedTime(begun)).ConfigureAwait(false) is { } name)
            {
                await process.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
                return new LimitHit(name, "watchdog");
            }

            using CancellationTokenSource over = new();
            await Task.WhenAny(process.Exited, Task.Delay(Next(begun), time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }

        int code = await process.Exited.ConfigureAwait(false);
        return limits.FileBytes is not null && code == FileSizeSignal ? new LimitHit(nameof(ProcessLimits.FileBytes), "RLIMIT_FSIZE") : null;
    }

    private TimeSpan Next(long begun)
    {
        TimeSpan left = limits.WallClock is { } most ? most - time.GetElapsedTime(begun) : Pause;
        bool onlyTime = limits.MemoryBytes is null && limits.Processes is null && limits.DiskBytes is null;
        TimeSpan next = onlyTime || left < Pause ? left : Pause;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private async Task<string?> PassedAsync(StartedProcess process, TimeSpan elapsed)
    {
        if (elapsed >= limits.WallClock)
        {
            return nameof(ProcessLimits.WallClock);
        }

        if (limits.Processes is not null || limits.MemoryBytes is not null)
        {
            IReadOnlyList<int> alive = await process.AliveAsync().ConfigureAwait(false);
            if (alive.Count > limits.Processes)
            {
                return nameof(ProcessLimits.Processes);
            }

            if (limits.MemoryBytes is { } most && alive.Sum(Resident) > most)
            {
                return nameof(ProcessLimits.MemoryBytes);
            }
        }

        return limits.DiskBytes is { } bytes && folders.Sum(Size) > bytes ? nameof(ProcessLimits.DiskBytes) : null;
    }

    private static long Resident(int id)
    {
        try
        {
            string[] pages = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/statm")).Split(' ');
            return long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // It has ended.
        }
    }

    private static long Size(string folder)
    {
        try
        {
            return new System.IO.Enumeration.FileSystemEnumerable<long>(folder, static (ref System.IO.Enumeration.FileSystemEntry e) => e.IsDirectory ? 0 : e.Length, Everything).Sum();
        }
        catch (IOException)
        {
            return 0; // It is being changed under our eyes: the next look counts.
        }
    }
}
