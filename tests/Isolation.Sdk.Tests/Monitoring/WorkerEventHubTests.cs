using System.Diagnostics;
using System.Diagnostics.Metrics;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Isolation.Sdk.Tests.Monitoring;

public sealed class WorkerEventHubTests : IDisposable
{
    private static readonly AttemptId Attempt = new("auth-123", 1);
    private readonly string _root = Directory.CreateTempSubdirectory("isolation-hub-").FullName;
    private readonly ManualTimeProvider _time = new();

    [IsolationFact]
    public async Task Everyone_sees_the_same_and_a_log_tells_the_same_status_as_the_live_stream()
    {
        WorkerEventHub hub = new(_time);
        IAsyncEnumerable<WorkerEvent> first = hub.Watch(),
            second = hub.Watch();
        string path = Path.Combine(_root, "logs", "auth-123.1.log");
        using (hub.LogTo(Attempt, path))
        {
            hub.Publish(
                Event(WorkerEventKind.Stage) with
                {
                    Stage = Stage.Workspace,
                    Branch = "b",
                    Data = new Dictionary<string, string> { ["setup-ms"] = "7" },
                }
            );
            _time.Advance(TimeSpan.FromMinutes(1));
            hub.Publish(Event(WorkerEventKind.Phase) with { Phase = "implement" });
            hub.Publish(Event(WorkerEventKind.Blocked) with { Text = "Grüße \"x\" \u2028" });
            hub.Publish(
                Event(WorkerEventKind.Ended) with
                {
                    Data = new Dictionary<string, string> { ["outcome"] = "Landed" },
                }
            );
        }

        hub.Complete();
        List<WorkerEvent> seen = await first.ToListAsync();
        Assert.Equal(4, seen.Count);
        Assert.Equal(seen, await second.ToListAsync());
        Assert.All(seen, e => Assert.NotEqual(default, e.At));
        Assert.Equivalent(seen, WorkerLog.Read(path).ToList(), strict: true);
        Assert.Equivalent(hub.Find(Attempt), WorkerLog.ReadStatus(path), strict: true);
        Assert.Empty(await hub.Watch().ToListAsync());
    }

    [IsolationFact]
    public async Task Secrets_are_masked_in_stream_status_and_log()
    {
        WorkerEventHub hub = new(_time);
        hub.Secrets.Add("hunter2");
        hub.Secrets.Add("hunter2-and-more");
        hub.Secrets.Add("-----BEGIN KEY-----\nabcdefghijkl\n-----END KEY-----");
        string path = Path.Combine(_root, "a.log");
        IAsyncEnumerable<WorkerEvent> watch = hub.Watch();
        using (hub.LogTo(Attempt, path))
        {
            hub.Publish(
                Event(WorkerEventKind.Progress) with
                {
                    Text = "hunter2-and-more hunter2 abcdefghijkl",
                    Phase = "hunter2",
                    Data = new Dictionary<string, string> { ["k"] = "xhunter2x" },
                }
            );
        }

        hub.Complete();
        WorkerEvent seen = await watch.SingleAsync();
        Assert.Equal(("*** *** ***", "***", "x***x"), (seen.Text, seen.Phase, seen.Data!["k"]));
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(path));
        Assert.DoesNotContain("hunter2", hub.Statuses.Single().ToString());
    }

    [IsolationFact]
    public async Task A_slow_watcher_holds_nobody_up_and_is_told_what_it_missed()
    {
        WorkerEventHub hub = new(_time);
        IAsyncEnumerable<WorkerEvent> slow = hub.Watch();
        const int Sent = WorkerEventHub.WatcherCapacity + 500;
        for (int i = 0; i < Sent; i++)
        {
            hub.Publish(Event(WorkerEventKind.Progress) with { Text = $"{i}" });
        }

        hub.Complete();
        List<WorkerEvent> seen = await slow.ToListAsync();
        Assert.Equal((WorkerEventKind.Missed, "500"), (seen[0].Kind, seen[0].Data!["count"]));
        Assert.Equal(WorkerEventHub.WatcherCapacity + 1, seen.Count);
        Assert.Equal($"{Sent - 1}", seen[^1].Text);
    }

    [IsolationFact]
    public async Task Who_stops_watching_is_forgotten()
    {
        WorkerEventHub hub = new(_time);
        using CancellationTokenSource stop = new();
        IAsyncEnumerator<WorkerEvent> watch = hub.Watch(stop.Token).GetAsyncEnumerator();
        hub.Publish(Event(WorkerEventKind.Activity));
        Assert.True(await watch.MoveNextAsync());
        ValueTask<bool> next = watch.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.AsTask());
        hub.Publish(Event(WorkerEventKind.Activity));
    }

    [IsolationFact]
    public void A_torn_last_line_is_passed_over_and_mended_by_the_next_writer()
    {
        string path = Path.Combine(_root, "a.log");
        using (WorkerLogWriter writer = new(path))
        {
            writer.Write(Event(WorkerEventKind.Phase) with { Phase = "plan" });
        }

        File.AppendAllText(path, "{\"time\":\"2030-01-01T00:00:00+00:00\",\"item\":\"auth-1");
        Assert.Equal("plan", Assert.Single(WorkerLog.Read(path)).Phase);
        using (WorkerLogWriter writer = new(path))
        {
            writer.Write(Event(WorkerEventKind.Phase) with { Phase = "implement" });
        }

        File.AppendAllText(path, "null\n[]\n{}\n{\"kind\":\"NoSuchKind\"}\n\n");
        Assert.Equal(["plan", "implement"], WorkerLog.Read(path).Select(e => e.Phase));
    }

    [IsolationFact]
    public void A_full_log_takes_no_more_but_how_it_ended()
    {
        string path = Path.Combine(_root, "a.log");
        using (WorkerLogWriter writer = new(path, maxBytes: 2_000))
        {
            for (int i = 0; i < 1_000; i++)
            {
                writer.Write(Event(WorkerEventKind.Progress) with { Text = "line" });
            }

            writer.Write(Event(WorkerEventKind.Ended));
        }

        Assert.InRange(new FileInfo(path).Length, 2_000, 2_500);
        Assert.Equal(WorkerEventKind.Ended, WorkerLog.Read(path).Last().Kind);
    }

    [IsolationFact]
    public void A_link_in_place_of_a_log_is_refused()
    {
        string path = Path.Combine(_root, "a.log");
        string victim = Path.Combine(_root, "victim");
        File.WriteAllText(victim, "untouched");
        File.CreateSymbolicLink(path, victim);
        Assert.Equal("ISO0801", Assert.Throws<IsolationException>(() => new WorkerLogWriter(path)).Code);
        Assert.Equal("untouched", File.ReadAllText(victim));
    }

    [IsolationFact]
    public void Events_reach_an_ILogger_without_secrets()
    {
        Recorder recorder = new();
        WorkerEventHub hub = new(_time, recorder);
        hub.Secrets.Add("hunter2");
        hub.Publish(Event(WorkerEventKind.Contamination) with { Text = "refs/heads/hunter2" });
        hub.Publish(Event(WorkerEventKind.Phase) with { Phase = "plan" });
        hub.Publish(
            Event(WorkerEventKind.Ended) with
            {
                Data = new Dictionary<string, string> { ["outcome"] = "Landed" },
            }
        );
        Assert.Equal(
            [
                "Warning: auth-123.1 wrote outside what it owns: refs/heads/***",
                "Debug: auth-123.1 is in phase plan. ",
                "Information: auth-123.1 ended: Landed. ",
            ],
            recorder.Lines
        );
    }

    [IsolationFact]
    public void Activities_keep_their_parent_and_lose_its_baggage_and_metrics_count()
    {
        using ActivityListener listener = new()
        {
            ShouldListenTo = s => s.Name == "Isolation.Sdk",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity host = new Activity("host").AddBaggage("user", "alice").Start();
        using Activity attempt = Telemetry.StartAttempt(Attempt)!;
        using Activity stage = Telemetry.StartStage(Attempt, Stage.Capture)!;
        Assert.Equal(
            (host.TraceId, attempt.SpanId, "isolation.capture"),
            (stage.TraceId, stage.ParentSpanId, stage.OperationName)
        );
        Assert.Empty(stage.Baggage);
        Assert.Empty(attempt.Baggage);

        Dictionary<string, double> sums = [];
        using MeterListener meter = new();
        meter.InstrumentPublished = (i, l) =>
        {
            if (i.Meter.Name == "Isolation.Sdk" && i.Name != "isolation.git.processes")
            {
                l.EnableMeasurementEvents(i);
            }
        };
        void Sum(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Other tests measure too; these values are this test's own.
            if (tags.Length == 0 || tags[0].Value is "test-result" or "timedout" or "settle")
            {
                lock (sums)
                {
                    sums[name] = sums.GetValueOrDefault(name) + value;
                }
            }
        }

        meter.SetMeasurementEventCallback<long>((i, v, tags, _) => Sum(i.Name, v, tags));
        meter.SetMeasurementEventCallback<double>((i, v, tags, _) => Sum(i.Name, v, tags));
        meter.Start();
        Telemetry.AttemptStarted();
        Telemetry.AttemptEnded("test-result", TimeSpan.FromSeconds(2));
        Telemetry.ItemClosed(ItemOutcome.TimedOut);
        Assert.Equal(
            ["isolation.attempt.duration", "isolation.attempts", "isolation.items", "isolation.workers.active"],
            sums.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(2, sums["isolation.attempt.duration"]);
    }

    public void Dispose() => SafeDelete.DeleteTree(_root);

    private static WorkerEvent Event(WorkerEventKind kind) => new(Attempt, default, kind);

    private sealed class Recorder : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
