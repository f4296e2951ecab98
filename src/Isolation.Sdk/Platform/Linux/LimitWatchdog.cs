using System.Globalization;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal sealed class LimitWatchdog(
    LimitValues limits,
    IReadOnlyList<string> folders,
    CommandCgroups cgroups,
    TimeProvider time
)
{
    private const int FileSizeSignal = 128 + 25;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private LimitHit? _hit;

    // Read first: what is gone by now was looked at before it went.
    private LimitHit? Hit =>
        cgroups.Limits.Select(g => g.Hit).FirstOrDefault(h => h is not null) is { } now ? _hit ??= now : _hit;

    public async Task<(int Code, LimitHit? Limit)> WatchAsync(LinuxChildProcess process)
    {
        long begun = time.GetTimestamp(),
            heard = begun;
        while (limits.AnyWatched && !process.Exited.IsCompleted)
        {
            heard = limits.MaxSilence is not null && process.HasWritten() ? time.GetTimestamp() : heard;
            string? exceeded =
                time.GetElapsedTime(begun) >= limits.MaxDuration ? nameof(LimitValues.MaxDuration)
                : time.GetElapsedTime(heard) >= limits.MaxSilence ? nameof(LimitValues.MaxSilence)
                : await FindExceededAsync(process).ConfigureAwait(false);
            if ((Hit ?? (exceeded is null ? null : new LimitHit(exceeded, "watchdog"))) is { } hit)
            {
                await process.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
                return (await process.Exited.ConfigureAwait(false), hit);
            }

            using CancellationTokenSource over = new();
            await Task.WhenAny(process.Exited, Task.Delay(NextPause(begun), time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }

        int code = await process.Exited.ConfigureAwait(false);
        return (
            code,
            Hit
                ?? (
                    limits.MaxFileBytes is not null && code == FileSizeSignal
                        ? new LimitHit(nameof(LimitValues.MaxFileBytes), "RLIMIT_FSIZE")
                        : null
                )
        );
    }

    public Task CloseAsync(TimeProvider clock)
    {
        _hit = Hit;
        return cgroups.RemoveAsync(clock);
    }

    private TimeSpan NextPause(long begun)
    {
        TimeSpan left = limits.MaxDuration is { } max ? max - time.GetElapsedTime(begun) : Pause;
        bool onlyTime =
            (limits.MaxMemoryBytes ?? limits.MaxProcesses ?? limits.MaxDiskBytes) is null && limits.MaxSilence is null;
        TimeSpan next = onlyTime || left < Pause ? left : Pause;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private async Task<string?> FindExceededAsync(LinuxChildProcess process)
    {
        int? processes = cgroups.Enforce(nameof(LimitValues.MaxProcesses)) ? null : limits.MaxProcesses;
        long? memory = cgroups.Enforce(nameof(LimitValues.MaxMemoryBytes)) ? null : limits.MaxMemoryBytes;
        if ((processes ?? memory) is not null)
        {
            IReadOnlyList<int> alive = await process.FindAliveAsync().ConfigureAwait(false);
            if (alive.Sum(CountThreads) > processes)
            {
                return nameof(LimitValues.MaxProcesses);
            }

            if (alive.Sum(MeasureResident) > memory)
            {
                return nameof(LimitValues.MaxMemoryBytes);
            }
        }

        return limits.MaxDiskBytes is { } bytes && folders.Sum(FileSearch.MeasureLength) > bytes
            ? nameof(LimitValues.MaxDiskBytes)
            : null;
    }

    private static int CountThreads(int id) =>
        DiskErrors.Try(() => Directory.GetDirectories($"/proc/{id}/task"))?.Length ?? 0;

    private static long MeasureResident(int id) =>
        ProcessTable.ReadText(id, "statm")?.Split(' ') is [_, { } pages, ..]
            ? long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize
            : 0;
}
