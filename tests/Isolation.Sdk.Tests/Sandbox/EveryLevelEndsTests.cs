using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>At each level, at the end nothing of a command is alive, whatever it did to get away (P05, P06,
/// P08).</summary>
public sealed class EveryLevelEndsTests
{
    // A line says that what got away is its own program by now.
    private const string Forms = """
        trap '' TERM
        case $1 in
          double-fork) ( (sleep 1061 &) & ) ;;
          daemon) (setsid nohup sleep 1061 >/dev/null 2>&1 </dev/null &) ;;
          session) setsid sleep 1061 & ;;
          nohup) nohup sleep 1061 >/dev/null 2>&1 & ;;
          scrubbed) env -i /bin/sleep 1061 & ;;
          stubborn) (trap '' TERM INT HUP; while :; do sleep 1061; done) & ;;
          escapee) (setsid env -i /bin/sleep 1061 >/dev/null 2>&1 </dev/null &) ;;
          relimited) (setsid env -i /bin/sh -c 'if prlimit --locks=5 true; then exec prlimit --locks=5 sh -c "> up; exec sleep 1061"; fi; > up; exec sleep 1061' >/dev/null 2>&1 </dev/null &); until [ -e up ]; do sleep 0.02; done ;;
        esac
        echo ready
        while :; do sleep 1062; done
        """;

    private static readonly string[] Ways =
    [
        "double-fork",
        "daemon",
        "session",
        "nohup",
        "scrubbed",
        "stubborn",
        "escapee",
    ];
    private static readonly string[] WaysOfUnmarked = ResourceLimits.CanMark ? Ways : Ways[..^1];

    [IsolationFact(Tools.Linux, Tools.Cgroups, Tier = Tier.Ci)]
    public Task A_cooperative_command() => EndsAsync(() => null, null, "cgroup.kill", Ways);

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public Task A_cooperative_command_without_a_group() =>
        EndsAsync(() => null, TreeStopMechanism.SessionAndMarker, SandboxFixture.Search, WaysOfUnmarked);

    [IsolationFact(Tools.Landlock, Tools.Cgroups, Tier = Tier.Ci)]
    public Task A_restricted_command() => EndsAsync(() => new RestrictedConfinement(), null, "cgroup.kill", Ways);

    [IsolationFact(Tools.Landlock, Tier = Tier.Ci)]
    public Task A_restricted_command_without_a_group() =>
        EndsAsync(
            () => new RestrictedConfinement(),
            TreeStopMechanism.SessionAndMarker,
            SandboxFixture.Search,
            WaysOfUnmarked
        );

    [IsolationFact(Tools.Landlock, Tools.Marks, "prlimit")]
    public Task A_restricted_command_that_tries_to_take_its_limit_away() =>
        EndsAsync(
            () => new RestrictedConfinement(),
            TreeStopMechanism.SessionAndMarker,
            SandboxFixture.Search,
            ["relimited"]
        );

    [IsolationFact(Tools.Bubblewrap, Tools.Cgroups)]
    public Task A_sealed_command() =>
        EndsAsync(() => new BubblewrapConfinement(TimeProvider.System), null, "cgroup.kill", Ways);

    [IsolationFact(Tools.Bubblewrap)]
    public Task A_sealed_command_without_a_group() =>
        EndsAsync(
            () => new BubblewrapConfinement(TimeProvider.System),
            TreeStopMechanism.SessionAndMarker,
            "pid namespace",
            Ways
        );

    [IsolationTheory(Tools.Landlock, Tools.Bubblewrap, "perl")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_forks_on_and_on_is_held_and_ended(bool groups)
    {
        groups =
            groups
            && (await new CgroupSelfTest(CgroupController.Tasks).RunAsync(TimeProvider.System)).Mount is not null;
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
                sandbox.Create(o => (o.Limits.MaxProcesses, o.UseLimitCgroups) = (30, groups), confinement: seal)
            );

            // Only the first one forks, and not for ever: whatever is broken, this machine goes on.
            string script =
                $$"""for (1..{{(groups ? 1000 : 60)}}) { $child = fork; if (defined $child and !$child) { sleep 1063; exit } } sleep 1063""";
            ExecResult said = await scope.ExecAsync(WorkerCommand.Of("perl", "-e", script));

            Assert.Equal("MaxProcesses", said.Limit);
            Assert.Equal(groups, said.LimitMechanism!.StartsWith("cgroup", StringComparison.Ordinal));
            Assert.Empty(Left(sandbox));
        }
    }

    private static async Task EndsAsync(
        Func<IProcessConfinement?> seal,
        TreeStopMechanism? mechanism,
        string reported,
        string[] ways
    )
    {
        await Task.WhenAll(
            ways.Select(async way =>
            {
                await using SandboxFixture sandbox = new();
                IStateScope scope = await sandbox.OpenAsync(
                    sandbox.Create(o => o.Mechanism = mechanism, confinement: seal())
                );
                await using IWorkerProcess process = await scope.StartAsync(
                    WorkerCommand.Of("sh", "-c", Forms, "sh", way)
                );
                byte[] line = new byte[6];
                await process.Output.ReadExactlyAsync(line);
                ProcessEntry[] before = Left(sandbox);
                Assert.NotEmpty(before);

                ExecResult exit = await process.StopAsync(TimeSpan.FromMilliseconds(20));

                Assert.Empty(Left(sandbox));
                Assert.DoesNotContain(before, p => ProcessTable.Find(p.Id)?.Started == p.Started);
                Assert.Equal((way, reported, true), (way, exit.Mechanism, exit.Forced));
            })
        );
    }

    /// <summary>Who stands in the scope's workspace: none of these goes anywhere else.</summary>
    private static ProcessEntry[] Left(SandboxFixture sandbox) =>
        [.. ProcessTable.Read().Where(p => StandsIn(p.Id, sandbox.Root))];

    private static bool StandsIn(int id, string folder)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/cwd")).LinkTarget?.StartsWith(
                folder,
                StringComparison.Ordinal
            )
                ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
