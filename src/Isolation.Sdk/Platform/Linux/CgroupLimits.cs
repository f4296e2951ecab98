using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

// By a control group that proved it, or by less; each is tried when it is first asked for.
internal sealed class CgroupLimits(TimeProvider time, bool useCgroups)
{
    private readonly AsyncCache<CgroupController, (CgroupMount? Mount, string Reasons)> _tests = new();

    public async Task<IReadOnlyList<CgroupMount>> GetMountsAsync(LimitValues limits) =>
        [
            .. (await Task.WhenAll(Wanted(limits).Select(TestAsync)).ConfigureAwait(false))
                .Select(found => found.Mount)
                .OfType<CgroupMount>(),
        ];

    public async Task<IReadOnlyList<string>> DescribeAsync(LimitValues limits)
    {
        List<string> lines = [];
        foreach (CgroupController controller in Wanted(limits))
        {
            (CgroupMount? mount, string reasons) = await TestAsync(controller).ConfigureAwait(false);
            lines.Add(
                mount is null
                    ? $"{controller.Limit} is kept by {controller.Otherwise} ({reasons})."
                    : $"{controller.Limit} is kept by {mount.Controller.Mechanism}, which proved it."
            );
        }

        (string Name, string Mechanism, bool IsSet)[] others =
        [
            (nameof(LimitValues.MaxOpenFiles), "RLIMIT_NOFILE", limits.MaxOpenFiles is not null),
            (nameof(LimitValues.MaxFileBytes), "RLIMIT_FSIZE", limits.MaxFileBytes is not null),
            (nameof(LimitValues.MaxDiskBytes), "a watchdog", limits.MaxDiskBytes is not null),
            (nameof(LimitValues.MaxDuration), "a watchdog", limits.MaxDuration is not null),
            (nameof(LimitValues.MaxSilence), "a watchdog", limits.MaxSilence is not null),
        ];
        return [.. lines, .. others.Where(o => o.IsSet).Select(o => $"{o.Name} is kept by {o.Mechanism}.")];
    }

    private Task<(CgroupMount? Mount, string Reasons)> TestAsync(CgroupController controller) =>
        _tests.GetAsync(
            controller,
            () =>
                useCgroups
                    ? new CgroupSelfTest(controller).RunAsync(time)
                    : Task.FromResult<(CgroupMount?, string)>((null, "not asked for")),
            CancellationToken.None
        );

    private static IEnumerable<CgroupController> Wanted(LimitValues limits) =>
        CgroupController.All.Where(c => c.FindLimit(limits) is not null);
}
