using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Monitoring;

public sealed class WorkerStatusTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AttemptId Attempt = new("auth-123", 1);

    [IsolationFact]
    public void The_line_has_exactly_the_documented_form()
    {
        WorkerStatus status = Fold(
            Event(WorkerEventKind.Stage, 0) with
            {
                Stage = Stage.Workspace,
                Branch = "isolation/auth-123/1/work",
            },
            Event(WorkerEventKind.Phase, 1) with
            {
                Phase = "implement",
            },
            Event(WorkerEventKind.Activity, 14)
        );
        Assert.Equal(
            "auth-123.1 | item: auth-123 | phase: implement | branch: isolation/auth-123/1/work | 15m | "
                + "active 2m ago | blocked by: –",
            status.Format(At(16))
        );
        Assert.Equal("alive | last activity: 2m ago | item: auth-123 | phase: implement", status.FormatShort(At(16)));
    }

    [IsolationFact]
    public void Before_a_phase_the_stage_is_shown_and_blockers_are_listed()
    {
        WorkerStatus status = Fold(
            Event(WorkerEventKind.Stage, 0) with
            {
                Stage = Stage.Setup,
            },
            Event(WorkerEventKind.Blocked, 1) with
            {
                Text = "no key",
            },
            Event(WorkerEventKind.Blocked, 1) with
            {
                Text = "no key",
            },
            Event(WorkerEventKind.Blocked, 1) with
            {
                Text = "b-2",
            }
        );
        Assert.Equal(
            "auth-123.1 | item: auth-123 | phase: setup | branch: – | 1m | active 0s ago | blocked by: no key, b-2",
            status.Format(At(1))
        );
        Assert.Equal("waiting | last activity: 0s ago | item: auth-123 | phase: setup", status.FormatShort(At(1)));
        Assert.Empty(WorkerStatus.Apply(status, Event(WorkerEventKind.Phase, 2) with { Phase = "implement" }).Blockers);
    }

    [IsolationTheory]
    [InlineData(-5, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m")]
    [InlineData(3599, "59m")]
    [InlineData(3600, "1h")]
    [InlineData(172799, "47h")]
    [InlineData(172800, "2d")]
    public void Spans_are_said_as_people_say_them(int seconds, string expected) =>
        Assert.Equal(expected, WorkerStatus.FormatDuration(TimeSpan.FromSeconds(seconds)));

    [IsolationFact]
    public void Control_characters_of_a_worker_never_reach_a_terminal()
    {
        WorkerStatus status = Fold(
            new WorkerEvent(new AttemptId("a\u001b[2J", 1), Start, WorkerEventKind.Phase)
            {
                Phase = "x\u001b]0;evil\u0007\n",
                Branch = "b\r",
            }
        );
        Assert.DoesNotContain(status.Format(Start) + status.FormatShort(Start), char.IsControl);
    }

    [IsolationFact]
    public void Time_in_phase_survives_a_repeated_report_and_later_stages()
    {
        WorkerStatus status = Fold(
            Event(WorkerEventKind.Phase, 1) with
            {
                Phase = "plan",
            },
            Event(WorkerEventKind.Phase, 5) with
            {
                Phase = "plan",
            },
            Event(WorkerEventKind.Stage, 7) with
            {
                Stage = Stage.Capture,
            }
        );
        Assert.Equal((At(1), At(7), Stage.Capture), (status.PhaseSince, status.LastActivity, status.Stage));
    }

    [IsolationFact]
    public void Facts_and_processes_come_from_events()
    {
        WorkerStatus status = Fold(
            Event(WorkerEventKind.Stage, 0, ("setup-ms", "120"), ("tokens", "900"), ("bytes", "4096")),
            Event(WorkerEventKind.ProcessStarted, 1, ("pid", "11")),
            Event(WorkerEventKind.ProcessStarted, 1, ("pid", "12")),
            Event(WorkerEventKind.ProcessEnded, 2, ("pid", "11")),
            Event(WorkerEventKind.Progress, 3, ("tokens", "not a number"))
        );
        Assert.Equal([12], status.ProcessIds);
        Assert.Equal((120L, 900, 4096L), (status.SetupMilliseconds, status.Tokens, status.Bytes));
        WorkerStatus ended = WorkerStatus.Apply(status, Event(WorkerEventKind.Ended, 4, ("outcome", "landed")));
        Assert.Equal(
            (ItemOutcome.Landed, WorkerLiveness.Ended, 0),
            (ended.Outcome!.Value, ended.Liveness, ended.ProcessIds.Count)
        );
    }

    public static TheoryData<string, Stage, WorkerEventKind?, int, bool?, WorkerLiveness> Moments =>
        new()
        {
            { "spoke just now", Stage.Run, null, 1, true, WorkerLiveness.Running },
            { "has been silent", Stage.Run, null, 11, true, WorkerLiveness.Quiet },
            { "silent, and nobody knows about its lease", Stage.Run, null, 11, null, WorkerLiveness.Quiet },
            { "its host died without a word", Stage.Run, null, 1, false, WorkerLiveness.Dead },
            { "its host died while it waited", Stage.Run, WorkerEventKind.Blocked, 1, false, WorkerLiveness.Dead },
            { "is blocked", Stage.Run, WorkerEventKind.Blocked, 60, true, WorkerLiveness.Waiting },
            {
                "waits for its merge, and holds no lease any more",
                Stage.Merge,
                null,
                600,
                false,
                WorkerLiveness.Waiting
            },
            {
                "is suspended, and holds no lease",
                Stage.Run,
                WorkerEventKind.Suspended,
                6000,
                false,
                WorkerLiveness.Suspended
            },
            { "ended", Stage.Settle, WorkerEventKind.Ended, 6000, false, WorkerLiveness.Ended },
        };

    [IsolationTheory]
    [MemberData(nameof(Moments))]
    public void Liveness_tells_quiet_waiting_suspended_dead_and_ended_apart(
        string what,
        Stage stage,
        WorkerEventKind? last,
        int minutesLater,
        bool? leaseHeld,
        WorkerLiveness expected
    )
    {
        WorkerStatus status = Fold(Event(WorkerEventKind.Stage, 0) with { Stage = stage });
        status = last is { } kind ? WorkerStatus.Apply(status, Event(kind, 0)) : status;
        Assert.True(
            expected == status.WithLiveness(At(minutesLater), TimeSpan.FromMinutes(10), leaseHeld).Liveness,
            what
        );
    }

    [IsolationFact]
    public void Folding_is_pure_and_a_missed_notice_changes_nothing()
    {
        WorkerStatus before = Fold(Event(WorkerEventKind.Phase, 0) with { Phase = "plan" });
        WorkerStatus copy = before with { };
        WorkerStatus.Apply(before, Event(WorkerEventKind.Phase, 1) with { Phase = "implement" });
        Assert.Equal(copy, before);
        Assert.Same(before, WorkerStatus.Apply(before, Event(WorkerEventKind.Missed, 5, ("count", "3"))));
    }

    private static DateTimeOffset At(int minutes) => Start.AddMinutes(minutes);

    private static WorkerEvent Event(WorkerEventKind kind, int minute, params (string Name, string Value)[] data) =>
        new(Attempt, At(minute), kind)
        {
            Data = data.Length == 0 ? null : data.ToDictionary(d => d.Name, d => d.Value),
        };

    private static WorkerStatus Fold(params WorkerEvent[] events) =>
        events.Aggregate((WorkerStatus?)null, (s, e) => WorkerStatus.Apply(s, e))!;
}
