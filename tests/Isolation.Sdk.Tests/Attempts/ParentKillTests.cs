using System.Diagnostics;
using Isolation.Sdk.Git;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Sandbox;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>A worker that kills its parent, in a host of its own: held workers cannot; a cooperative one can, and what
/// is left is cleaned up.</summary>
public sealed class ParentKillTests
{
    [IsolationFact(Tools.Landlock, Tier = Tier.Ci)]
    public Task A_restricted_worker_cannot_kill_its_host() => LandsAsync("Restricted", "UseRestricted");

    [IsolationFact(Tools.Bubblewrap)]
    public Task A_sealed_worker_cannot_kill_its_host() => LandsAsync("Sealed", "UseSealed");

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_cooperative_worker_can_and_the_next_host_releases_everything()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        // It goes on after that, in groups below its own where it may make any, and in another session.
        const string Deed = """
            for c in pids cpu; do g=/sys/fs/cgroup/$c$(grep ":$c:" /proc/self/cgroup | cut -d: -f3); mkdir $g/nested && echo $$ > $g/nested/cgroup.procs; done 2>/dev/null
            (setsid nohup sleep 1072 >/dev/null 2>&1 &)
            kill -9 $PPID
            exec sleep 1072
            """;
        using TestHost host = new(Program(rig, "Cooperative", "UseProcess", Deed));
        using Process killed = host.Start([]);
        await killed.WaitForExitAsync();
        Assert.Equal(137, killed.ExitCode);

        GitRepository repository = await GitOpener.OpenAsync(rig.Repository.Path);
        LeaseRecord left = Assert.Single(
            new LeaseStore(repository.CommonDirectory, repository.Reference, TimeProvider.System).List()
        );
        string[] groups =
        [
            .. left.Notes.Where(n => n.Key is "state.cgroup" or "state.groups").SelectMany(n => n.Value.Split('\n')),
        ];
        Assert.NotEmpty(rig.ProcessesOfWorkers());
        await using IsolationPipeline next = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        await next.CleanAsync(await next.PlanCleanAsync());

        Assert.Empty(rig.ProcessesOfWorkers());
        Assert.DoesNotContain(groups, Directory.Exists);
        Assert.Empty(await next.PlanCleanAsync());
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "w.1")));
    }

    private static async Task LandsAsync(string level, string sandbox)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TestHost host = new(
            Program(rig, level, sandbox, "kill -9 $PPID; echo made > made.txt; git add -A; git commit -qm made")
        );

        Assert.Equal("Landed", await host.RunAsync([]));
    }

    private static string Program(PipelineFixture rig, string level, string sandbox, string deed) =>
        $$""""
            IsolationPipelineBuilder builder = new IsolationPipelineBuilder("{{rig.Repository.Path}}").UseLevel(SandboxLevel.{{level}});
            builder.Sandbox.{{sandbox}}(o => (o.Limits.MaxProcesses, o.Limits.CpuShare) = (60, 50));
            builder.Merging.UseFirstWins();
            await using IsolationPipeline pipeline = builder.Target("{{PipelineFixture.Target}}", from: "main").RunProcess("sh", "-c", """
            {{deed.ReplaceLineEndings("\n        ")}}
            """).Build();
            await using IsolationRun run = pipeline.Start([new WorkItem("w", "Kill")]);
            Console.WriteLine((await run.Completion).Items[0].Outcome);
            """";
}
