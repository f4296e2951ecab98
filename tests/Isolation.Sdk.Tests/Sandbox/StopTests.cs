using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>Nothing that a worker started outlives it (P05, P06).</summary>
public sealed class StopTests
{
    // Double forks, sessions of their own, hang-ups ignored, environments scrubbed; the id of each goes into a file,
    // then a line says that all are there.
    private const string Daemons = """
        dir=$1
        (setsid nohup sleep 1001 >/dev/null 2>&1 </dev/null & echo $! > $dir/daemon)
        (setsid sh -c '(nohup sleep 1002 >/dev/null 2>&1 & echo $! > "$0"/twice); exit' $dir >/dev/null 2>&1 </dev/null)
        (env -i /bin/sleep 1003 >/dev/null 2>&1 </dev/null & echo $! > $dir/scrubbed)
        setsid env -i /bin/sleep 1004 >/dev/null 2>&1 </dev/null & echo $! > $dir/own-child
        echo ready
        exec sleep 1005
        """;

    // Leaves its session, its parent and its environment, all three; the second word may take its limit away, too.
    private const string Escapee = """
        dir=$1
        shift
        (setsid env -i "$@" /bin/sleep 1006 >/dev/null 2>&1 </dev/null & echo $! > $dir/escapee)
        echo ready
        exec sleep 1007
        """;

    [IsolationFact(Tools.Linux)]
    public Task Session_and_marker_end_what_double_forked_and_left_the_session() =>
        TheWholeTreeEnds(TreeStopMechanism.SessionAndMarker, SandboxFixture.Search);

    [IsolationFact(Tools.Linux, Tools.Cgroups)]
    public Task A_cgroup_ends_what_double_forked_and_left_the_session() =>
        TheWholeTreeEnds(TreeStopMechanism.Cgroup, "cgroup.kill");

    [IsolationFact(Tools.Linux)]
    public async Task An_orphan_that_ignores_the_polite_request_is_still_known_when_its_parent_has_gone()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = TreeStopMechanism.SessionAndMarker);
        string stubborn = sandbox.Script(
            $"trap '' TERM; until [ -s '{sandbox.Root}/stubborn' ]; do :; done; echo ready >&3; "
                + "while :; do /bin/sleep 1; done"
        );
        // Its session and environment are its own: only its parent tells whose it is, until that one has gone.
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(
                sandbox.Script(
                    $"exec 3>&1; setsid env -i {stubborn} >/dev/null 2>&1 & echo $! > $1/stubborn; exec sleep 1013"
                ),
                sandbox.Root
            )
        );
        await ReadyAsync(process);
        int id = Id(sandbox, "stubborn");

        ExecResult exit = await process.StopAsync(TimeSpan.FromMilliseconds(200));

        Assert.Null(ProcessTable.Find(id));
        Assert.True(exit.Forced);
    }

    [IsolationFact(Tools.Linux, Tools.Cgroups)]
    public async Task A_cgroup_ends_even_a_daemon_that_left_session_parent_and_environment()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script(Escapee), sandbox.Root)
        );
        await ReadyAsync(process);
        await OnlyEnvironmentOfAsync(Id(sandbox, "escapee"), "");

        await process.StopAsync(TimeSpan.Zero);

        Assert.Null(ProcessTable.Find(Id(sandbox, "escapee")));
    }

    [IsolationTheory(Tools.Linux, Tools.Marks)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_cgroup_a_daemon_that_left_session_parent_and_environment_is_known_by_its_limit(
        bool byTheScope
    )
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = TreeStopMechanism.SessionAndMarker);
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script(Escapee), sandbox.Root)
        );
        await ReadyAsync(process);
        int id = Id(sandbox, "escapee");
        await OnlyEnvironmentOfAsync(id, "");

        if (byTheScope)
        {
            // As a host does that starts anew: it has nothing but the scope's marker.
            IStateScope? found = await sandbox
                .Create(o => o.Mechanism = TreeStopMechanism.SessionAndMarker)
                .ReopenAsync(sandbox.Lease!.Record);
            await found!.ReleaseAsync(ReleaseMode.Remove);
        }
        else
        {
            Assert.Equal("session, marker and limit", (await process.StopAsync(TimeSpan.Zero)).Mechanism);
        }

        Assert.Null(ProcessTable.Find(id));
    }

    [IsolationFact(Tools.Linux, "prlimit")]
    public async Task Without_a_cgroup_a_daemon_that_also_takes_its_limit_away_escapes()
    {
        // The documented limit of the mechanism: when this fails, the documents are to be mended.
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = TreeStopMechanism.SessionAndMarker);
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script(Escapee), sandbox.Root, "prlimit", "--locks=5")
        );
        await ReadyAsync(process);
        int id = Id(sandbox, "escapee");
        await OnlyEnvironmentOfAsync(id, "");

        await process.StopAsync(TimeSpan.Zero);

        ProcessEntry? escaped = ProcessTable.Find(id);
        Assert.NotNull(escaped);
        LinuxProcess.Signal(id, LinuxProcess.Kill, () => ProcessTable.Find(id)?.Started == escaped.Started);
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_worker_that_ends_when_asked_is_not_forced()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script("sleep 1000 & trap 'echo bye; exit 3' TERM; echo ready; wait"))
        );
        await ReadyAsync(process);

        ExecResult exit = await process.StopAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(3, exit.ExitCode);
        Assert.False(exit.Forced);
        Assert.Equal("bye\n", await new StreamReader(process.Output).ReadToEndAsync());
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_worker_that_does_not_listen_is_ended_after_the_grace()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script("trap '' TERM; echo ready; while :; do sleep 1000; done"))
        );
        await ReadyAsync(process);

        ExecResult exit = await process.StopAsync(TimeSpan.FromMilliseconds(50));

        Assert.Equal(137, exit.ExitCode);
        Assert.True(exit.Forced);
    }

    [IsolationFact(Tools.Linux)]
    public async Task Stopping_one_command_leaves_the_other_commands_of_the_scope_alone()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        await using IWorkerProcess one = await scope.StartAsync(WorkerCommand.Of("sleep", "1008"));
        await using IWorkerProcess other = await scope.StartAsync(WorkerCommand.Of("sleep", "1009"));

        await one.StopAsync(TimeSpan.Zero);

        Assert.Null(ProcessTable.Find(one.Id));
        Assert.NotNull(ProcessTable.Find(other.Id));
    }

    [IsolationFact(Tools.Linux)]
    public async Task Releasing_a_scope_ends_everything_in_it_and_takes_the_folders_away()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        IWorkerProcess process = await scope.StartAsync(WorkerCommand.Of(sandbox.Script(Daemons), sandbox.Root));
        await ReadyAsync(process);
        int daemon = Id(sandbox, "daemon");

        await scope.ReleaseAsync(ReleaseMode.Remove);

        Assert.Null(ProcessTable.Find(process.Id));
        Assert.Null(ProcessTable.Find(daemon));
        Assert.False(Directory.Exists(scope.Info.Home));
        Assert.False(Directory.Exists(scope.Info.Temp));
        IsolationException late = await Assert.ThrowsAsync<IsolationException>(async () =>
            await scope.StartAsync(WorkerCommand.Of("true"))
        );
        Assert.Equal(SandboxCodes.ScopeReleased, late.Code);
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_command_that_ended_by_itself_leaves_no_daemon_behind()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = TreeStopMechanism.SessionAndMarker);

        ExecResult result = await scope.ExecAsync(
            WorkerCommand.Of(sandbox.Script("(setsid nohup sleep 1010 & echo $!)"))
        );

        Assert.Equal(0, result.ExitCode);
        Assert.Null(ProcessTable.Find(int.Parse(result.Output, CultureInfo.InvariantCulture)));
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_worker_has_a_session_of_its_own()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        await using IWorkerProcess process = await scope.StartAsync(WorkerCommand.Of("sleep", "1011"));

        Assert.Equal(process.Id, ProcessTable.Find(process.Id)!.Session);
    }

    private static async Task TheWholeTreeEnds(TreeStopMechanism mechanism, string reported)
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(o => o.Mechanism = mechanism);
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script(Daemons), sandbox.Root)
        );
        await ReadyAsync(process);
        int[] ids = [process.Id, .. new[] { "daemon", "twice", "scrubbed", "own-child" }.Select(n => Id(sandbox, n))];
        Assert.All(ids, id => Assert.NotNull(ProcessTable.Find(id)));

        ExecResult exit = await process.StopAsync(TimeSpan.Zero);

        Assert.All(ids, id => Assert.Null(ProcessTable.Find(id)));
        Assert.Equal(reported, exit.Mechanism);
        Assert.Equal(137, exit.ExitCode);
        Assert.True(exit.Forced);
    }

    private static async Task ReadyAsync(IWorkerProcess process)
    {
        byte[] line = new byte[6];
        await process.Output.ReadExactlyAsync(line);
        Assert.Equal("ready\n"u8.ToArray(), line);
    }

    /// <summary>A process that was forked a moment ago shows its parent's environment until it has become its
    /// program.</summary>
    private static async Task OnlyEnvironmentOfAsync(int id, string expected)
    {
        while (
            await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ")) != expected
            || await File.ReadAllTextAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/comm")) != "sleep\n"
        )
        {
            await Task.Yield();
        }
    }

    private static int Id(SandboxFixture sandbox, string name) =>
        int.Parse(File.ReadAllText(Path.Combine(sandbox.Root, name)), CultureInfo.InvariantCulture);
}
