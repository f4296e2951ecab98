using System.Globalization;

namespace Isolation.Sdk.Platform;

internal sealed record CgroupController(string Name, string Limit, int Version)
{
    public static readonly CgroupController Memory = new("memory", nameof(LimitValues.MaxMemoryBytes), 2);
    public static readonly CgroupController Tasks = new("pids", nameof(LimitValues.MaxProcesses), 2);
    public static readonly CgroupController Share = new("cpu", nameof(LimitValues.CpuShare), 2);
    public static readonly IReadOnlyList<CgroupController> All = [Memory, Tasks, Share];

    private const int SharesOfOne = 1024;

    public string Mechanism => $"cgroup v{Version}";

    public string Otherwise =>
        Name switch
        {
            "memory" => "RLIMIT_DATA and a watchdog",
            "pids" => LinuxProcess.EffectiveUser() == 0 ? "a watchdog" : "a watchdog and RLIMIT_NPROC",
            _ => "nice",
        };

    public long? FindLimit(LimitValues limits) =>
        Name switch
        {
            "memory" => limits.MaxMemoryBytes,
            "pids" => limits.MaxProcesses,
            _ => limits.CpuShare,
        };

    public long ValueOf(LimitValues limits, int keepers) => FindLimit(limits)!.Value + (Name == "pids" ? keepers : 0);

    public IEnumerable<(string File, string Text, bool Needed)> Settings(long value) =>
        (Name, Version) switch
        {
            ("memory", 2) =>
            [
                ("memory.max", Text(value), true),
                ("memory.swap.max", "0", false),
                ("memory.oom.group", "1", false),
            ],
            ("memory", _) =>
            [
                ("memory.limit_in_bytes", Text(value), true),
                ("memory.memsw.limit_in_bytes", Text(value), false),
            ],
            ("cpu", 2) => [("cpu.weight", Text(value), true)],
            ("cpu", _) => [("cpu.shares", Text(Math.Max(2, value * SharesOfOne / 100)), true)],
            _ => [("pids.max", Text(value), true)],
        };

    public bool WasHit(string folder) =>
        (Name, Version) switch
        {
            ("memory", 2) => Counted(folder, "memory.events", "oom_kill"),
            ("memory", _) => Counted(folder, "memory.oom_control", "oom_kill"),
            ("pids", _) => Counted(folder, "pids.events", "max"),
            _ => false,
        };

    private static bool Counted(string folder, string file, string name) =>
        Cgroup
            .TryRead(Path.Combine(folder, file))
            ?.Split('\n')
            .Any(line => line.Split(' ') is [string key, string count] && key == name && count != "0")
        ?? false;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
