using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class GateSetupTests
{
    /// <summary>A folder stands for the database of each worker, and of each gate.</summary>
    [IsolationTheory("mkdir")]
    [InlineData("rmdir", true)]
    [InlineData("false", false)]
    public async Task A_gate_is_set_up_as_a_worker_is_and_a_failing_teardown_holds_nothing(string teardown, bool clean)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string databases = Directory.CreateDirectory(Path.Combine(rig.Repository.Root, "databases")).FullName;
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .Sandbox.UseProcess(o =>
            {
                o.Environment["DATABASE"] = Path.Combine(databases, "shop_{worker}");
                o.Teardown.Add(new WorkerCommand(teardown, [Path.Combine(databases, "shop_{worker}")]));
            })
            .Setup("mkdir", Path.Combine(databases, "shop_{worker}"))
            .Merging.UseSerialQueue(o => o.Gates.Add("sh", "-c", "test -d \"$DATABASE\""))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, GateVerdict.Pass), (result.Outcome, result.Merge!.Gate!.Verdict));
        Assert.Equal(clean ? 0 : 2, Directory.GetFileSystemEntries(databases).Length);
        Assert.Equal(
            clean ? 0 : 1,
            result.Attempts[0].Notices.Count(n => n.Contains("teardown of a.1 failed", StringComparison.Ordinal))
        );
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_setup_that_fails_in_the_gate_is_not_the_fault_of_the_candidate()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = 1)
            .Setup("sh", "-c", "case {item} in gate*) echo no room >&2; exit 3;; esac")
            .Merging.UseSerialQueue(o => o.Gates.Add("true"))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.AwaitingMerge, result.Outcome);
        Assert.Contains("The setup command 'sh' ended with exit code 3: no room", result.Merge!.Reason);
    }
}
