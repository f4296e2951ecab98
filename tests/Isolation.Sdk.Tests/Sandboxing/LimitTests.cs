using System.Globalization;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Sandboxing.Seals;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandboxing;

/// <summary>A command that takes more than it may is ended, and its end says which limit it was and who noticed.</summary>
public sealed class LimitTests
{
    private const long Megabyte = 1024 * 1024;

    [IsolationFact(Tools.Linux)]
    public Task Too_many_processes_are_noticed() => EndsAsync(l => l.Processes = 5, "for i in 1 2 3 4 5 6 7 8; do sleep 1041 & done; wait", "Processes", "watchdog");

    [IsolationFact(Tools.Linux)]
    public Task Too_much_disk_is_noticed() => EndsAsync(l => l.DiskBytes = 2 * Megabyte, "head -c 4194304 /dev/zero > $TMPDIR/big; exec sleep 1042", "DiskBytes", "watchdog");

    [IsolationFact(Tools.Linux)]
    public Task Too_long_is_noticed() => EndsAsync(l => l.WallClock = TimeSpan.FromMilliseconds(100), "exec sleep 1043", "WallClock", "watchdog");

    [IsolationFact(Tools.Linux, "perl")]
    public Task Memory_of_several_processes_is_added_up() =>
        EndsAsync(l => l.MemoryBytes = 64 * Megabyte, "for i in 1 2 3 4; do perl -e '$a = \"x\" x (20 << 20); sleep 1044' & done; wait", "MemoryBytes", "watchdog");

    [IsolationFact(Tools.Linux)]
    public Task A_file_that_grows_too_large_is_stopped_by_the_kernel() => EndsAsync(l => l.FileBytes = Megabyte, "exec head -c 4194304 /dev/zero > big", "FileBytes", "RLIMIT_FSIZE");

    [IsolationFact(Tools.Linux, "perl")]
    public async Task One_process_cannot_take_more_memory_than_all_may()
    {
        await using Sandbox sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Limits.MemoryBytes = 64 * Megabyte);

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("perl", "-e", "$| = 1; print 'begun'; $n = 128 << 20; $a = 'x' x $n; print 'taken'"));

        Assert.Equal("begun", said.Output);
        Assert.NotEqual(0, said.ExitCode);
    }

    [IsolationFact(Tools.Landlock, Tools.Bubblewrap, "bash")]
    public async Task Limits_hold_from_the_first_instruction_whatever_seals_the_scope()
    {
        foreach (IProcessSeal? seal in new IProcessSeal?[] { null, new ConfinedSeal(), new BubblewrapSeal(TimeProvider.System) })
        {
            await using Sandbox sandbox = new();
            IStateScope scope = await sandbox.OpenAsync(sandbox.Create(o => (o.Limits.OpenFiles, o.Limits.FileBytes) = (100, Megabyte), seal: seal));

            ExecResult said = await scope.ExecAsync(WorkerCommand.Of("bash", "-c", "ulimit -n; ulimit -f; ulimit -c"));

            Assert.Equal("100\n1024\n0\n", said.Output);
            Assert.Null(said.Exit.Limit);
        }
    }

    [IsolationFact(Tools.Linux)]
    public async Task What_keeps_within_its_limits_ends_as_ever()
    {
        await using Sandbox sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => (o.Limits.Processes, o.Limits.MemoryBytes, o.Limits.DiskBytes, o.Limits.WallClock) = (50, 4096 * Megabyte, 100 * Megabyte, TimeSpan.FromMinutes(10)));

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", "echo done; exit 4"));

        Assert.Equal(("done\n", 4), (said.Output, said.ExitCode));
        Assert.Null(said.Exit.Limit);
    }

    [IsolationFact]
    public async Task A_limit_of_nothing_is_refused()
    {
        await using Sandbox sandbox = new();

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() => sandbox.OpenAsync(o => o.Limits.Processes = 0));

        Assert.Equal(SandboxingCodes.BadLimit, refused.Code);
    }

    private static async Task EndsAsync(Action<ProcessLimits> limit, string script, string name, string mechanism)
    {
        await using Sandbox sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => limit(o.Limits));

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", script));

        Assert.True(said.ExitCode > 128, said.ExitCode.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(new LimitHit(name, mechanism), said.Exit.Limit);
    }
}
