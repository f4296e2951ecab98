using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>What is written to a group of either version and read from it, on ordinary files: not every machine has
/// both.</summary>
public sealed class CgroupControllerTests
{
    [IsolationTheory]
    [InlineData(
        "memory",
        2,
        "memory.max=4096 memory.swap.max=0 memory.oom.group=1",
        "memory.events",
        "oom 3\noom_kill 1\n",
        "oom 3\noom_kill 0\n"
    )]
    [InlineData(
        "memory",
        1,
        "memory.limit_in_bytes=4096 memory.memsw.limit_in_bytes=4096",
        "memory.oom_control",
        "under_oom 0\noom_kill 2\n",
        "under_oom 1\noom_kill 0\n"
    )]
    [InlineData("pids", 2, "pids.max=4096", "pids.events", "max 1\n", "max 0\n")]
    [InlineData("pids", 1, "pids.max=4096", "pids.events", "max 7\n", "")]
    [InlineData("cpu", 2, "cpu.weight=50", "cpu.stat", null, "")]
    [InlineData("cpu", 1, "cpu.shares=512", "cpu.stat", null, "")]
    public void A_group_is_told_its_limit_and_says_when_it_was_hit(
        string name,
        int version,
        string written,
        string events,
        string? hit,
        string within
    )
    {
        string top = Directory.CreateTempSubdirectory("iso-groups-").FullName,
            group = Directory.CreateDirectory(Path.Combine(top, "scope", "command")).FullName;
        CgroupController controller = new[]
        {
            CgroupController.Memory,
            CgroupController.Tasks,
            CgroupController.Share,
        }.Single(c => c.Name == name) with
        {
            Version = version,
        };
        string[] files = [.. written.Split(' ').Select(w => w.Split('=')[0])];
        foreach (
            string file in files
                .Append(events)
                .Select(f => Path.Combine(group, f))
                .Concat([
                    Path.Combine(top, "cgroup.subtree_control"),
                    Path.Combine(top, "scope", "cgroup.subtree_control"),
                ])
        )
        {
            File.WriteAllText(file, "");
        }

        LimitCgroup? made = new CgroupMount(controller, top).TryMake("scope", "command", name == "cpu" ? 50 : 4096);

        Assert.Equal(written, string.Join(' ', files.Select(f => $"{f}={File.ReadAllText(Path.Combine(group, f))}")));
        Assert.Equal(
            version == 2 ? "+" + name : "",
            File.ReadAllText(Path.Combine(top, "scope", "cgroup.subtree_control"))
        );
        File.WriteAllText(Path.Combine(group, events), within);
        Assert.Null(made!.Hit);
        File.WriteAllText(Path.Combine(group, events), hit ?? "");
        Assert.Equal(hit is null ? null : new LimitHit(controller.Limit, $"cgroup v{version}"), made.Hit);
        SafeDelete.DeleteTree(top);
    }
}
