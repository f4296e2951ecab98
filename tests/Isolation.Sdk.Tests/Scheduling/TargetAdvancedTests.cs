using System.Text.Json;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>Running workers are told when the target moves, whoever moved it.</summary>
public sealed class TargetAdvancedTests
{
    private static readonly AttemptId Waits = new("waits", 1);

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_landing_of_another_worker_reaches_the_inbox_with_its_paths_and_what_both_changed()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        AsyncBarrier begun = new(2);
        TaskCompletionSource committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        WorkerMessage? heard = null;
        await using IsolationPipeline pipeline = rig.Compose()
            .RunWith(
                async (worker, token) =>
                {
                    await begun.SignalAndWaitAsync(token);
                    if (worker.Item.Id == "lands")
                    {
                        await committed.Task.WaitAsync(token);
                        await File.WriteAllTextAsync(
                            Path.Combine(worker.Workspace.Path, "shared.txt"),
                            "by lands\n",
                            token
                        );
                        return await PipelineFixture.WriteAndCommitAsync(worker, token);
                    }

                    await PipelineFixture.CommitAsync(worker, "shared.txt", "by waits\n", token);
                    await PipelineFixture.CommitAsync(worker, "mine.txt", "by waits\n", token);
                    committed.SetResult();
                    heard = await worker.Inbox.ReadAsync(token);
                    return new RunResult.Failed("It has heard.", Retryable: false);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("waits"), PipelineFixture.Item("lands")]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(1, summary.Count(ItemOutcome.Landed));
        TargetAdvanced advanced = heard!.TargetAdvanced!;
        Assert.Equal("target-advanced", heard.Kind);
        Assert.Equal(
            (
                PipelineFixture.Target,
                await rig.GitAsync("rev-parse", "main"),
                await rig.GitAsync("rev-parse", PipelineFixture.Target)
            ),
            (advanced.Target, advanced.From, advanced.To)
        );
        Assert.Equal(["lands.txt", "shared.txt"], advanced.Paths);
        Assert.Equal(["shared.txt"], advanced.Overlapping);
        Assert.False(advanced.More);
        Assert.Contains("shared.txt", heard.Text, StringComparison.Ordinal);
        WorkerEvent told = Assert.Single(WorkerLog.Read(Path.Combine(rig.Workers, "waits.1.log")), e =>
            e.Kind == WorkerEventKind.TargetAdvanced
        );
        Assert.Equal((advanced.To, "2", "1"), (told.Data!["to"], told.Data["paths"], told.Data["overlapping"]));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_push_from_outside_reaches_the_inbox_of_a_process_and_names_at_most_200_paths()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .RunProcess(
                "sh",
                "-c",
                "until [ -s \"$ISOLATION_INBOX\" ]; do printf '%s\\n' '{\"phase\":\"wait\"}' >> "
                    + "\"$ISOLATION_EVENTS\"; sleep 0.05; done; cp \"$ISOLATION_INBOX\" told.jsonl; printf "
                    + "'%s\\n' '{\"result\":\"failed\",\"reason\":\"heard\",\"retryable\":false}' >> "
                    + "\"$ISOLATION_EVENTS\""
            )
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("waits")]);
        await foreach (WorkerStatus status in WatchAsync(run))
        {
            if (status.Phase == "wait")
            {
                break;
            }
        }

        string pushed = await rig.PushAsync([
            .. Enumerable.Range(0, 201).Select(i => ($"file-{i:000}.txt", "outside\n")),
        ]);
        await run.Completion;

        string line = await rig.GitAsync("show", "refs/isolation/attempts/waits/1:told.jsonl");
        using JsonDocument message = JsonDocument.Parse(line);
        JsonElement advanced = message.RootElement.GetProperty("targetAdvanced");
        Assert.Equal("target-advanced", message.RootElement.GetProperty("kind").GetString());
        Assert.Equal(pushed, advanced.GetProperty("to").GetString());
        Assert.Equal(200, advanced.GetProperty("paths").GetArrayLength());
        Assert.True(advanced.GetProperty("more").GetBoolean());
        Assert.Equal(0, advanced.GetProperty("overlapping").GetArrayLength());
    }

    [IsolationFact]
    public async Task Being_told_is_no_sign_of_life_and_other_messages_keep_their_form()
    {
        WorkerStatus before = WorkerStatus.Apply(
            null,
            new WorkerEvent(Waits, DateTimeOffset.UnixEpoch, WorkerEventKind.Progress) { Text = "3 of 7" }
        );

        Assert.Equal(
            before,
            WorkerStatus.Apply(
                before,
                new WorkerEvent(Waits, DateTimeOffset.UnixEpoch.AddHours(1), WorkerEventKind.TargetAdvanced)
                {
                    Text = "main moved",
                }
            )
        );
        string file = Path.Combine(Path.GetTempPath(), $"inbox-{Guid.NewGuid():n}.jsonl");
        using (Isolation.Sdk.Runners.InboxFile inbox = new(file))
        {
            System.Threading.Channels.Channel<WorkerMessage> channel =
                System.Threading.Channels.Channel.CreateUnbounded<WorkerMessage>();
            channel.Writer.TryWrite(new WorkerMessage("answer", "use v2"));
            inbox.WritePending(channel.Reader);
        }

        Assert.Equal("{\"kind\":\"answer\",\"text\":\"use v2\"}\n", await File.ReadAllTextAsync(file));
        File.Delete(file);
    }

    private static async IAsyncEnumerable<WorkerStatus> WatchAsync(IsolationRun run)
    {
        WorkerStatus? status = null;
        await foreach (WorkerEvent happened in run.WatchAsync())
        {
            yield return status = WorkerStatus.Apply(status, happened);
        }
    }
}
