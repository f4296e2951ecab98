using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces.Admission;

/// <summary>The smallest bound on memory is the one that counts.</summary>
public sealed class FreeMemoryTests : IDisposable
{
    private const string Own = "0::/jobs/one\n";
    private readonly string _root = Directory.CreateTempSubdirectory("isolation-memory-").FullName;

    [IsolationFact]
    public void The_machine_says_what_is_available()
    {
        Assert.Null(FreeMemory.Now(_root));
        Write("proc/meminfo", "MemTotal:       2048 kB\nMemFree:        10 kB\nMemAvailable:   1024 kB\n");
        Assert.Equal(1 << 20, FreeMemory.Now(_root));
    }

    [IsolationTheory]
    [InlineData("max", "500", "max", "700", 1 << 20)]
    [InlineData("1000", "400", "max", "900", 600)]
    [InlineData("max", "400", "1000", "900", 100)]
    [InlineData("1000", "2000", "max", "2000", 0)]
    public void A_group_and_every_one_above_it_limit_it(
        string limit,
        string used,
        string limitAbove,
        string usedAbove,
        long expected
    )
    {
        Write("proc/meminfo", "MemAvailable: 1024 kB\n");
        Write("proc/self/cgroup", Own);
        Group("sys/fs/cgroup/jobs/one", limit, used);
        Group("sys/fs/cgroup/jobs", limitAbove, usedAbove);
        Assert.Equal(expected, FreeMemory.Now(_root));
    }

    [IsolationFact]
    public void Files_that_nobody_looks_at_are_given_back_first()
    {
        Write("proc/meminfo", "MemAvailable: 1024 kB\n");
        Write("proc/self/cgroup", Own);
        Group("sys/fs/cgroup/jobs/one", "1000", "900");
        Write("sys/fs/cgroup/jobs/one/memory.stat", "anon 5\ninactive_file 300\nactive_file 7\n");
        Assert.Equal(400, FreeMemory.Now(_root));
    }

    [IsolationFact]
    public void Version_1_limits_as_well()
    {
        Write("proc/meminfo", "MemAvailable: 1024 kB\n");
        Write("proc/self/cgroup", "12:pids:/x\n7:memory:/jobs\n");
        Write("sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "1000\n");
        Write("sys/fs/cgroup/memory/jobs/memory.usage_in_bytes", "900\n");
        Write("sys/fs/cgroup/memory/jobs/memory.stat", "inactive_file 1\ntotal_inactive_file 50\n");
        Assert.Equal(150, FreeMemory.Now(_root));
    }

    [IsolationFact]
    public void In_a_container_the_top_of_the_mount_is_looked_at()
    {
        Write("proc/meminfo", "MemAvailable: 1024 kB\n");
        Write("proc/self/cgroup", "0::/../../outside\n");
        Group("sys/fs/cgroup", "1000", "250");
        Assert.Equal(750, FreeMemory.Now(_root));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Group(string folder, string limit, string used)
    {
        Write(folder + "/memory.max", limit + "\n");
        Write(folder + "/memory.current", used + "\n");
    }

    private void Write(string path, string content)
    {
        string full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }
}
