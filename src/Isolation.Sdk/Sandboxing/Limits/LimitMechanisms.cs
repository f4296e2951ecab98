using Isolation.Sdk.Sandboxing.Processes;

namespace Isolation.Sdk.Sandboxing.Limits;

/// <summary>How this machine keeps each limit: by a group of the kernel's that proved it, or by less. Each is tried when it is first asked for.</summary>
/// <param name="time">The clock.</param>
/// <param name="groups">Whether groups are looked for at all.</param>
internal sealed class LimitMechanisms(TimeProvider time, bool groups = true)
{
    private readonly Lazy<Task<(LimitPlace? Place, string Reasons)>> _memory = Look(Controller.Memory, groups, time);
    private readonly Lazy<Task<(LimitPlace? Place, string Reasons)>> _tasks = Look(Controller.Tasks, groups, time);
    private readonly Lazy<Task<(LimitPlace? Place, string Reasons)>> _share = Look(Controller.Share, groups, time);

    /// <summary>The places for what is limited.</summary>
    public async Task<IReadOnlyList<LimitPlace>> PlacesAsync(ProcessLimits limits) =>
        [
            .. (await Task.WhenAll(Wanted(limits).Select(w => w.Look.Value)).ConfigureAwait(false))
                .Select(found => found.Place)
                .OfType<LimitPlace>(),
        ];

    /// <summary>What keeps each of these limits, and why it is not more.</summary>
    public async Task<IReadOnlyList<string>> DescribeAsync(ProcessLimits limits)
    {
        List<string> lines = [];
        foreach (
            (string name, string otherwise, Lazy<Task<(LimitPlace? Place, string Reasons)>> look) in Wanted(limits)
        )
        {
            (LimitPlace? place, string reasons) = await look.Value.ConfigureAwait(false);
            lines.Add(
                place is null
                    ? $"{name} is kept by {otherwise} ({reasons})."
                    : $"{name} is kept by {place.Controller.Mechanism}, which proved it."
            );
        }

        (string Name, string Mechanism, bool IsSet)[] others =
        [
            (nameof(ProcessLimits.OpenFiles), "RLIMIT_NOFILE", limits.OpenFiles is not null),
            (nameof(ProcessLimits.FileBytes), "RLIMIT_FSIZE", limits.FileBytes is not null),
            (nameof(ProcessLimits.DiskBytes), "a watchdog", limits.DiskBytes is not null),
            (nameof(ProcessLimits.WallClock), "a watchdog", limits.WallClock is not null),
            (nameof(ProcessLimits.Silence), "a watchdog", limits.Silence is not null),
        ];
        return [.. lines, .. others.Where(o => o.IsSet).Select(o => $"{o.Name} is kept by {o.Mechanism}.")];
    }

    private IEnumerable<(string Name, string Otherwise, Lazy<Task<(LimitPlace? Place, string Reasons)>> Look)> Wanted(
        ProcessLimits limits
    )
    {
        if (limits.MemoryBytes is not null)
        {
            yield return (Controller.Memory.Limit, "RLIMIT_DATA and a watchdog", _memory);
        }

        if (limits.Processes is not null)
        {
            yield return (
                Controller.Tasks.Limit,
                NativeProcess.EffectiveUser() == 0 ? "a watchdog" : "a watchdog and RLIMIT_NPROC",
                _tasks
            );
        }

        if (limits.CpuShare is not null)
        {
            yield return (Controller.Share.Limit, "nice", _share);
        }
    }

    private static Lazy<Task<(LimitPlace? Place, string Reasons)>> Look(
        Controller controller,
        bool groups,
        TimeProvider time
    ) =>
        new(() =>
            groups
                ? new GroupTest(controller).RunAsync(time)
                : Task.FromResult<(LimitPlace?, string)>((null, "not asked for"))
        );
}
