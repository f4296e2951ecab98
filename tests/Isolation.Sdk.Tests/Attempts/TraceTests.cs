using System.Diagnostics;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>One trace from whoever started a run to what its runners call, and no baggage on the way.</summary>
public sealed class TraceTests
{
    private static readonly ActivitySource Caller = new("Isolation.Sdk.Tests.Trace");

    [IsolationFact]
    public async Task Traces_join_from_the_starter_through_the_attempt_to_the_runners_own()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        using Recorder recorder = new();
        ActivityContext given = default;
        List<string> baggage = [];
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .RunWith(
                async (worker, token) =>
                {
                    given = worker.ActivityContext;
                    baggage.AddRange(Activity.Current?.Baggage.Select(b => b.Key) ?? []);
                    using Activity? own = Caller.StartActivity("of the runner");
                    await Task.Yield();
                    return worker.Item.Id == "good"
                        ? await PipelineFixture.WriteAndCommitAsync(worker, token)
                        : new RunResult.Failed("no way");
                }
            )
            .Build();
        using Activity starter = Caller.StartActivity("starter")!.AddBaggage("secret", "of the host");

        await using (IsolationRun run = pipeline.Start([PipelineFixture.Item("good")]))
        {
            await run.Completion;
        }

        Activity attempt = recorder.Of(starter.TraceId, "isolation.attempt");
        Activity stage = recorder.Of(starter.TraceId, "isolation.run");
        Activity own = recorder.Of(starter.TraceId, "of the runner");
        Assert.Equal(starter.SpanId, attempt.ParentSpanId);
        Assert.Equal(stage.SpanId, own.ParentSpanId);
        Assert.Equal(stage.Context, given);
        Assert.Empty(baggage);
        Assert.Equal((ActivityStatusCode.Ok, "done"), (attempt.Status, attempt.GetTagItem("isolation.outcome")));

        starter.Stop();
        using Activity second = Caller.StartActivity("second")!;
        await using (IsolationRun run = pipeline.Start([PipelineFixture.Item("bad")]))
        {
            await run.Completion;
        }

        Activity failed = recorder.Of(second.TraceId, "isolation.attempt");
        Assert.Equal(
            (ActivityStatusCode.Error, "no way", "failed"),
            (failed.Status, failed.StatusDescription, failed.GetTagItem("isolation.outcome"))
        );
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_command_is_told_its_parent()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        using Recorder recorder = new();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .RunProcess("sh", "-c", "printf %s \"$TRACEPARENT\" > parent.txt")
            .Build();
        using Activity starter = Caller.StartActivity("starter of a command")!;

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        Activity stage = recorder.Of(starter.TraceId, "isolation.run");
        Assert.Equal(stage.Id, await fixture.GitAsync("show", $"{PipelineFixture.Target}:parent.txt"));
    }

    private sealed class Recorder : IDisposable
    {
        private readonly List<Activity> _stopped = [];
        private readonly ActivityListener _listener;

        public Recorder()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = s => s.Name is "Isolation.Sdk" or "Isolation.Sdk.Tests.Trace",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = a =>
                {
                    lock (_stopped)
                    {
                        _stopped.Add(a);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity Of(ActivityTraceId trace, string name)
        {
            lock (_stopped)
            {
                return Assert.Single(_stopped, a => a.TraceId == trace && a.OperationName == name);
            }
        }

        public void Dispose() => _listener.Dispose();
    }
}
