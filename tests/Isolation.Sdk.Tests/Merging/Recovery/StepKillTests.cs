using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.Merging.Recovery;

/// <summary>The process that acts is killed at each named step, its successor while it takes over, and the next one
/// finishes.</summary>
public sealed class StepKillTests
{
    private static readonly (QueueStep Step, int On, bool Push)[] All =
    [
        (QueueStep.AfterTakeover, 1, false),
        (QueueStep.MidStack, 1, false),
        (QueueStep.MidStack, 3, false),
        (QueueStep.MidGate, 1, false),
        (QueueStep.MidGate, 2, false),
        (QueueStep.MidGate, 5, false),
        (QueueStep.MidConfirm, 1, false),
        (QueueStep.BeforeIntent, 1, false),
        (QueueStep.BeforeIntent, 2, false),
        (QueueStep.AfterIntent, 1, false),
        (QueueStep.AfterIntent, 2, true),
        (QueueStep.AfterPush, 1, true),
        (QueueStep.AfterPush, 2, true),
        (QueueStep.AfterTransaction, 1, false),
        (QueueStep.AfterTransaction, 2, true),
        (QueueStep.AfterBookkeeping, 1, false),
        (QueueStep.BeforeEviction, 1, false),
        (QueueStep.AfterEviction, 1, false),
    ];

    private static readonly QueuePlan[] Scenario =
    [
        QueuePlan.Good("first"),
        QueuePlan.Shared("winner", first: true),
        QueuePlan.Bad("broken"),
        QueuePlan.Old("late"),
        QueuePlan.Good("second", "first"),
        QueuePlan.Shared("loser", first: false),
        QueuePlan.Good("third"),
    ];

    public static TheoryData<string, int, bool> Cases => Data(All);

    public static TheoryData<string, int, bool> Few =>
        Data(All.Where(c => (c.Step, c.On) is (QueueStep.AfterPush, 1) or (QueueStep.MidGate, 2)));

    [IsolationFact]
    public void Every_step_has_a_case_in_which_it_is_killed() =>
        Assert.Equal(Enum.GetValues<QueueStep>().Order(), All.Select(c => c.Step).Distinct().Order());

    [IsolationTheory(Tools.Linux, Timeout = 600_000, Tier = Tier.Ci)]
    [MemberData(nameof(Few))]
    public Task Killed_in_the_gate_and_between_remote_and_target(string step, int on, bool push) =>
        KillAsync(step, on, push);

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci, Timeout = 600_000)]
    [MemberData(nameof(Cases))]
    public Task Killed_at_each_step(string step, int on, bool push) => KillAsync(step, on, push);

    private static async Task KillAsync(string step, int on, bool push)
    {
        string what = $"killed at {step} {on}{(push ? " with a push" : "")}";
        await using KilledQueueFixture bench = await KilledQueueFixture.CreateAsync(Scenario, push);
        await bench.SubmitAsync(Scenario.Length - 1);
        string[] all = [.. bench.Works.Select(w => w.Item)];
        QueueRequest work = new(bench.StepsFolder, []) { Watch = all };

        await DieAsync(bench, work with { KillAt = step, KillOn = on }, what);
        await DieAsync(
            bench,
            work with
            {
                KillAt = nameof(QueueStep.AfterTakeover),
            },
            what + ", then while taking over"
        );

        // Something is left to do for the last one in any case: else it would be free to go before it has cleaned up.
        HostAnswer answer = await HostProcess.AskOnceAsync(bench.Ask(work with { Submit = [bench.Works[^1]] }));

        bench.Compare(answer, what);
        await bench.CheckAsync(what);
        JournalEntry[] told = [.. (await bench.JournalAsync()).Where(e => e.Note is not null)];
        JournalState? story = Enum.Parse<QueueStep>(step) switch
        {
            QueueStep.AfterIntent => JournalState.Dropped,
            QueueStep.AfterPush => JournalState.Landed,
            _ => null,
        };
        Assert.True(
            told.Select(e => (JournalState?)e.State).SequenceEqual(story is null ? [] : [story]),
            $"{what}: {string.Join('\n', told.Select(e => e.ToMessage()))}"
        );
    }

    private static async Task DieAsync(KilledQueueFixture bench, QueueRequest request, string what)
    {
        await using HostProcess host = HostProcess.Start();
        await host.SendAsync(bench.Ask(request));
        HostAnswer? answer = await host.WaitUntilKilledAsync();
        Assert.True(
            answer is null,
            $"{what}: the step was never reached. {string.Join('\n', answer?.Items ?? [])} {answer?.Crash} "
                + $"{string.Join(' ', answer?.Faults ?? [])}"
        );
    }

    private static TheoryData<string, int, bool> Data(IEnumerable<(QueueStep Step, int On, bool Push)> cases)
    {
        TheoryData<string, int, bool> data = [];
        foreach ((QueueStep step, int on, bool push) in cases)
        {
            data.Add(step.ToString(), on, push);
        }

        return data;
    }
}
