using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>A command that takes more than it may is ended, and its end says which limit it was and who
/// noticed.</summary>
public sealed class LimitTests
{
    private const long Megabyte = 1024 * 1024;

    [IsolationFact(Tools.Linux)]
    public Task Too_many_processes_are_noticed() =>
        EndsAsync(
            l => l.MaxProcesses = 5,
            "for i in 1 2 3 4 5 6 7 8; do sleep 1041 & done; wait",
            "MaxProcesses",
            "watchdog"
        );

    [IsolationFact(Tools.Linux)]
    public Task Too_much_disk_is_noticed() =>
        EndsAsync(
            l => l.MaxDiskBytes = 2 * Megabyte,
            "head -c 4194304 /dev/zero > $TMPDIR/big; exec sleep 1042",
            "MaxDiskBytes",
            "watchdog"
        );

    [IsolationFact(Tools.Linux)]
    public Task Too_long_is_noticed() =>
        EndsAsync(l => l.MaxDuration = TimeSpan.FromMilliseconds(100), "exec sleep 1043", "MaxDuration", "watchdog");

    [IsolationFact(Tools.Linux, "perl")]
    public Task Memory_of_several_processes_is_added_up() =>
        EndsAsync(
            l => l.MaxMemoryBytes = 64 * Megabyte,
            "for i in 1 2 3 4; do perl -e '$a = \"x\" x (20 << 20); sleep 1044' & done; wait",
            "MaxMemoryBytes",
            "watchdog"
        );

    [IsolationFact(Tools.Linux)]
    public Task A_file_that_grows_too_large_is_stopped_by_the_kernel() =>
        EndsAsync(
            l => l.MaxFileBytes = Megabyte,
            "exec head -c 4194304 /dev/zero > big",
            "MaxFileBytes",
            "RLIMIT_FSIZE"
        );

    [IsolationFact(Tools.Linux, "perl")]
    public async Task One_process_cannot_take_more_memory_than_all_may()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
            (o.Limits.MaxMemoryBytes, o.UseLimitCgroups) = (64 * Megabyte, false)
        );

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of("perl", "-e", "$| = 1; print 'begun'; $n = 128 << 20; $a = 'x' x $n; print 'taken'")
        );

        Assert.Equal("begun", said.Output);
        Assert.NotEqual(0, said.ExitCode);
    }

    [IsolationFact(Tools.Landlock, Tools.Bubblewrap, "bash")]
    public async Task Limits_hold_from_the_first_instruction_whatever_seals_the_scope()
    {
        foreach (
            IProcessConfinement? seal in new IProcessConfinement?[]
            {
                null,
                new RestrictedConfinement(),
                new BubblewrapConfinement(TimeProvider.System),
            }
        )
        {
            await using SandboxFixture sandbox = new();
            IStateScope scope = await sandbox.OpenAsync(
                sandbox.Create(o => (o.Limits.MaxOpenFiles, o.Limits.MaxFileBytes) = (100, Megabyte), confinement: seal)
            );

            ExecResult said = await scope.ExecAsync(WorkerCommand.Of("bash", "-c", "ulimit -n; ulimit -f; ulimit -c"));

            Assert.Equal("100\n1024\n0\n", said.Output);
            Assert.Null(said.Limit);
        }
    }

    [IsolationFact(Tools.Linux)]
    public async Task What_keeps_within_its_limits_ends_as_ever()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
            (o.Limits.MaxProcesses, o.Limits.MaxMemoryBytes, o.Limits.MaxDiskBytes, o.Limits.MaxDuration) = (
                50,
                4096 * Megabyte,
                100 * Megabyte,
                TimeSpan.FromMinutes(10)
            )
        );

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", "echo done; exit 4"));

        Assert.Equal(("done\n", 4), (said.Output, said.ExitCode));
        Assert.Null(said.Limit);
    }

    [IsolationFact(Tools.Linux)]
    public Task Silence_is_noticed() =>
        EndsAsync(l => l.MaxSilence = TimeSpan.FromMilliseconds(100), "exec sleep 1045", "MaxSilence", "watchdog");

    [IsolationFact(Tools.Linux)]
    public async Task Words_that_nobody_has_read_yet_are_no_silence()
    {
        using PipePair pipe = new();
        using System.IO.Pipes.AnonymousPipeClientStream writer = new(System.IO.Pipes.PipeDirection.Out, pipe.Write);
        await using TreeBoundStream output = new(pipe.Read, CancellationToken.None);
        Assert.False(output.HasWritten());

        await writer.WriteAsync("words"u8.ToArray());

        Assert.True(output.HasWritten());
        Assert.True(output.HasWritten());
        await output.ReadExactlyAsync(new byte[5]);
        Assert.True(output.HasWritten());
        Assert.False(output.HasWritten());
    }

    [IsolationFact(Tools.Linux)]
    public async Task The_kernel_refuses_one_process_more_where_its_groups_can_be_divided()
    {
        await using SandboxFixture sandbox = new();
        ProcessSandbox limited = sandbox.Create(o => o.Limits.MaxProcesses = 5);
        IStateScope scope = await sandbox.OpenAsync(limited);

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1041 & done; wait")
        );

        Assert.NotEqual(0, said.ExitCode);
        Assert.Equal(
            ("MaxProcesses", await MechanismAsync(CgroupController.Tasks) ?? "watchdog"),
            (said.Limit, said.LimitMechanism)
        );
    }

    [IsolationFact(Tools.Linux, "dd")]
    public async Task The_kernel_ends_what_holds_too_much_memory_where_its_groups_can_be_divided()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Limits.MaxMemoryBytes = 64 * Megabyte);

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of("dd", "if=/dev/zero", "of=/dev/null", "bs=134217728", "count=1")
        );

        Assert.NotEqual(0, said.ExitCode);
        Assert.Equal(
            await MechanismAsync(CgroupController.Memory) is { } mechanism
                ? ("MaxMemoryBytes", mechanism)
                : (null, null),
            (said.Limit, said.LimitMechanism)
        );
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_share_of_the_processors_is_a_group_of_its_own_or_a_nicer_process()
    {
        foreach (bool groups in new[] { true, false })
        {
            await using SandboxFixture sandbox = new();
            IStateScope scope = await sandbox.OpenAsync(o => (o.Limits.CpuShare, o.UseLimitCgroups) = (25, groups));

            // Of its own line, the nineteenth field says how nice it is; its groups are in a file beside it.
            ExecResult said = await scope.ExecAsync(
                WorkerCommand.Of("sh", "-c", "cut -d' ' -f19 /proc/self/stat; cat /proc/self/cgroup")
            );

            bool grouped = groups && await MechanismAsync(CgroupController.Share) is not null;
            Assert.StartsWith(grouped ? "0\n" : "6\n", said.Output);
            Assert.Equal(
                grouped,
                said.Output.Split('\n')
                    .Any(line =>
                        line.Contains(":cpu", StringComparison.Ordinal)
                        && line.Contains("/isolation-", StringComparison.Ordinal)
                    )
            );
        }
    }

    [IsolationFact(Tools.Linux)]
    public async Task Groups_go_with_their_command_and_with_their_scope()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
            (o.Limits.MaxProcesses, o.Limits.CpuShare, o.Limits.MaxMemoryBytes) = (50, 50, 1024 * Megabyte)
        );
        string[] groups = sandbox.Lease!.Record.Notes.TryGetValue("state.groups", out string? noted)
            ? noted.Split('\n')
            : [];
        IWorkerProcess process = await scope.StartAsync(WorkerCommand.Of("sleep", "1046"));
        Assert.All(groups, group => Assert.Single(Directory.GetDirectories(group)));

        await process.StopAsync(TimeSpan.Zero);

        Assert.All(groups, group => Assert.Empty(Directory.GetDirectories(group)));
        await scope.ReleaseAsync(ReleaseMode.Remove);
        Assert.DoesNotContain(groups, Directory.Exists);
    }

    [IsolationFact(Tools.Linux)]
    public async Task The_report_says_for_each_limit_what_keeps_it()
    {
        await using SandboxFixture sandbox = new();
        static void Limit(ProcessSandboxOptions o) =>
            (
                o.Limits.MaxProcesses,
                o.Limits.CpuShare,
                o.Limits.MaxMemoryBytes,
                o.Limits.MaxOpenFiles,
                o.Limits.MaxSilence
            ) = (50, 50, Megabyte, 10, TimeSpan.FromHours(1));

        ProbeResult here = await sandbox.Create(Limit).ProbeAsync(new RepositoryRef(sandbox.Root));
        ProbeResult without = await sandbox
            .Create(o =>
            {
                Limit(o);
                o.UseLimitCgroups = false;
            })
            .ProbeAsync(new RepositoryRef(sandbox.Root));

        foreach (
            CgroupController controller in new[]
            {
                CgroupController.Memory,
                CgroupController.Tasks,
                CgroupController.Share,
            }
        )
        {
            string keeper =
                await MechanismAsync(controller) is { } mechanism ? $"{mechanism}, which proved it."
                : controller == CgroupController.Share ? "nice ("
                : controller == CgroupController.Tasks ? "a watchdog"
                : "RLIMIT_DATA and a watchdog (";
            Assert.Single(here.Notices, n =>
                n.StartsWith($"{controller.Limit} is kept by {keeper}", StringComparison.Ordinal)
            );
        }

        Assert.Contains("MaxOpenFiles is kept by RLIMIT_NOFILE.", here.Notices);
        Assert.Contains("MaxSilence is kept by a watchdog.", here.Notices);
        Assert.Contains("CpuShare is kept by nice (not asked for).", without.Notices);
    }

    [IsolationFact(Tools.Linux)]
    public async Task No_command_leaves_an_image_of_its_memory()
    {
        await using SandboxFixture sandbox = new();
        foreach (TreeStopMechanism mechanism in new[] { TreeStopMechanism.Cgroup, TreeStopMechanism.SessionAndMarker })
        {
            IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = mechanism);
            IWorkerProcess process = await scope.StartAsync(WorkerCommand.Of("sleep", "1047"));

            Assert.Matches("Max core file size +0 +0 ", await File.ReadAllTextAsync($"/proc/{process.Id}/limits"));
            await process.StopAsync(TimeSpan.Zero);
        }
    }

    [IsolationFact]
    public async Task A_limit_of_nothing_is_refused()
    {
        await using SandboxFixture sandbox = new();

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() =>
            sandbox.OpenAsync(o => o.Limits.MaxProcesses = 0)
        );

        Assert.Equal(SandboxCodes.BadLimit, refused.Code);
    }

    private static async Task<string?> MechanismAsync(CgroupController controller) =>
        (await new CgroupSelfTest(controller).RunAsync(TimeProvider.System)).Mount?.Controller.Mechanism;

    private static async Task EndsAsync(Action<ProcessLimits> limit, string script, string name, string mechanism)
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o =>
        {
            o.UseLimitCgroups = false;
            limit(o.Limits);
        });

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", script));

        Assert.True(said.ExitCode > 128, said.ExitCode.ToString(CultureInfo.InvariantCulture));
        Assert.Equal((name, mechanism), (said.Limit, said.LimitMechanism));
    }
}
