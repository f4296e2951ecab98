using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>How this machine keeps each limit: by a group of the kernel's that proved it, or by less. Each is tried when it is first asked for.</summary>
/// <param name="time">The clock.</param>
/// <param name="groups">Whether groups are looked for at all.</param>
internal sealed class CgroupLimits(TimeProvider time, bool groups = true)
{
    private readonly Lazy<Task<(CgroupMount? Place, string Reasons)>> _memory = Look(
        CgroupController.Memory,
        groups,
        time
    );
    private readonly Lazy<Task<(CgroupMount? Place, string Reasons)>> _tasks = Look(
        CgroupController.Tasks,
        groups,
        time
    );
    private readonly Lazy<Task<(CgroupMount? Place, string Reasons)>> _share = Look(
        CgroupController.Share,
        groups,
        time
    );

    /// <summary>The places for what is limited.</summary>
    public async Task<IReadOnlyList<CgroupMount>> PlacesAsync(ProcessLimits limits) =>
        [
            .. (await Task.WhenAll(Wanted(limits).Select(w => w.Look.Value)).ConfigureAwait(false))
                .Select(found => found.Place)
                .OfType<CgroupMount>(),
        ];

    /// <summary>What keeps each of these limits, and why it is not more.</summary>
    public async Task<IReadOnlyList<string>> DescribeAsync(ProcessLimits limits)
    {
        List<string> lines = [];
        foreach (
            (string name, string otherwise, Lazy<Task<(CgroupMount? Place, string Reasons)>> look) in Wanted(limits)
        )
        {
            (CgroupMount? place, string reasons) = await look.Value.ConfigureAwait(false);
            lines.Add(
                place is null
                    ? $"{name} is kept by {otherwise} ({reasons})."
                    : $"{name} is kept by {place.Controller.Mechanism}, which proved it."
            );
        }

        (string Name, string Mechanism, bool IsSet)[] others =
        [
            (nameof(ProcessLimits.MaxOpenFiles), "RLIMIT_NOFILE", limits.MaxOpenFiles is not null),
            (nameof(ProcessLimits.MaxFileBytes), "RLIMIT_FSIZE", limits.MaxFileBytes is not null),
            (nameof(ProcessLimits.MaxDiskBytes), "a watchdog", limits.MaxDiskBytes is not null),
            (nameof(ProcessLimits.MaxDuration), "a watchdog", limits.MaxDuration is not null),
            (nameof(ProcessLimits.MaxSilence), "a watchdog", limits.MaxSilence is not null),
        ];
        return [.. lines, .. others.Where(o => o.IsSet).Select(o => $"{o.Name} is kept by {o.Mechanism}.")];
    }

    private IEnumerable<(string Name, string Otherwise, Lazy<Task<(CgroupMount? Place, string Reasons)>> Look)> Wanted(
        ProcessLimits limits
    )
    {
        if (limits.MaxMemoryBytes is not null)
        {
            yield return (CgroupController.Memory.Limit, "RLIMIT_DATA and a watchdog", _memory);
        }

        if (limits.MaxProcesses is not null)
        {
            yield return (
                CgroupController.Tasks.Limit,
                LinuxProcess.EffectiveUser() == 0 ? "a watchdog" : "a watchdog and RLIMIT_NPROC",
                _tasks
            );
        }

        if (limits.CpuShare is not null)
        {
            yield return (CgroupController.Share.Limit, "nice", _share);
        }
    }

    private static Lazy<Task<(CgroupMount? Place, string Reasons)>> Look(
        CgroupController controller,
        bool groups,
        TimeProvider time
    ) =>
        new(() =>
            groups
                ? new CgroupSelfTest(controller).RunAsync(time)
                : Task.FromResult<(CgroupMount?, string)>((null, "not asked for"))
        );
}
