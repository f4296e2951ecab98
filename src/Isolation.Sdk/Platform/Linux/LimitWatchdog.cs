using System.Globalization;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>Looks again and again at what a command takes, and says which limit it passed.</summary>
/// <param name="limits">The limits.</param>
/// <param name="folders">What counts as disk.</param>
/// <param name="kept">Groups that keep some of them: nobody has to look.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitWatchdog(
    ProcessLimits limits,
    IReadOnlyList<string> folders,
    IReadOnlyList<CommandCgroup> kept,
    TimeProvider time
)
{
    private const int FileSizeSignal = 128 + 25;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    /// <summary>The limit that a command passed; <see langword="null"/> when it ended within all of them.</summary>
    public async Task<LimitHit?> WatchAsync(ChildProcess process)
    {
        long begun = time.GetTimestamp(),
            heard = begun;
        while (limits.AnyWatched && !process.Exited.IsCompleted)
        {
            heard = limits.MaxSilence is not null && process.HasWritten ? time.GetTimestamp() : heard;
            if (
                await PassedAsync(process, time.GetElapsedTime(begun), time.GetElapsedTime(heard))
                    .ConfigureAwait(false) is
                { } hit
            )
            {
                await process.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
                return hit;
            }

            using CancellationTokenSource over = new();
            await Task.WhenAny(process.Exited, Task.Delay(Next(begun), time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }

        int code = await process.Exited.ConfigureAwait(false);
        return process.Hit
            ?? (
                limits.MaxFileBytes is not null && code == FileSizeSignal
                    ? new LimitHit(nameof(ProcessLimits.MaxFileBytes), "RLIMIT_FSIZE")
                    : null
            );
    }

    private TimeSpan Next(long begun)
    {
        TimeSpan left = limits.MaxDuration is { } most ? most - time.GetElapsedTime(begun) : Pause;
        bool onlyTime =
            limits.MaxMemoryBytes is null
            && limits.MaxProcesses is null
            && limits.MaxDiskBytes is null
            && limits.MaxSilence is null;
        TimeSpan next = onlyTime || left < Pause ? left : Pause;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private async Task<LimitHit?> PassedAsync(ChildProcess process, TimeSpan elapsed, TimeSpan silent)
    {
        string? name =
            elapsed >= limits.MaxDuration ? nameof(ProcessLimits.MaxDuration)
            : silent >= limits.MaxSilence ? nameof(ProcessLimits.MaxSilence)
            : await TakesTooMuchAsync(process).ConfigureAwait(false);
        return process.Hit ?? (name is null ? null : new LimitHit(name, "watchdog"));
    }

    private async Task<string?> TakesTooMuchAsync(ChildProcess process)
    {
        int? tasks = IsOurs(nameof(ProcessLimits.MaxProcesses)) ? limits.MaxProcesses : null;
        long? memory = IsOurs(nameof(ProcessLimits.MaxMemoryBytes)) ? limits.MaxMemoryBytes : null;
        if (tasks is not null || memory is not null)
        {
            IReadOnlyList<int> alive = await process.AliveAsync().ConfigureAwait(false);
            if (tasks is not null && alive.Sum(Threads) > tasks)
            {
                return nameof(ProcessLimits.MaxProcesses);
            }

            if (memory is not null && alive.Sum(Resident) > memory)
            {
                return nameof(ProcessLimits.MaxMemoryBytes);
            }
        }

        return limits.MaxDiskBytes is { } bytes && folders.Sum(Size) > bytes
            ? nameof(ProcessLimits.MaxDiskBytes)
            : null;
    }

    private bool IsOurs(string limit) => !kept.Any(g => g.Controller.Limit == limit);

    private static int Threads(int id)
    {
        try
        {
            return Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task")).Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // It has ended.
        }
    }

    private static long Resident(int id)
    {
        try
        {
            string[] pages = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/statm"))
                .Split(' ');
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
            return new System.IO.Enumeration.FileSystemEnumerable<long>(
                folder,
                static (ref System.IO.Enumeration.FileSystemEntry e) => e.IsDirectory ? 0 : e.Length,
                Everything
            ).Sum();
        }
        catch (IOException)
        {
            return 0; // It is being changed under our eyes: the next look counts.
        }
    }
}
