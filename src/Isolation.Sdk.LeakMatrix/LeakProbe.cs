namespace Isolation.Sdk.Leaks;

/// <summary>How a channel is tried.</summary>
internal abstract record LeakProbe
{
    /// <summary>What the machine needs for it, as programs on PATH.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Changes the repository, or what lies around it, before there are workers.</summary>
    public Func<LeakFixture, Task>? Prepare { get; init; }

    /// <summary>Whether it would harm other code of the process that tries it: then that is a process of its
    /// own.</summary>
    public bool NeedsOwnProcess { get; init; }

    /// <summary>The code that such a process ends with where the try gets through, and there is nobody left to tell;
    /// <see langword="null"/> where it ends as any other.</summary>
    public int? ExpectedExitCode { get; init; }

    /// <summary>What such a process is started with.</summary>
    public IReadOnlyList<(string Name, string Value)> Variables { get; init; } = [];

    /// <summary>What the offender does, as scripts that anybody can run; empty where it takes more than that.</summary>
    public virtual IEnumerable<string> AttackScripts => [];

    /// <summary>Tries it between two workers that are both there. What counts is
    /// <see cref="LeakScenario.Leaks"/>.</summary>
    public abstract Task TryAsync(LeakScenario stage);

    /// <summary>What the host looks at when both workers are done and their work was collected.</summary>
    public string? AfterwardsScript { get; init; }

    /// <summary>A probe made of shell scripts, each run to its end, in order; one that prints the line LEAK has noticed
    /// something of the other.</summary>
    public static LeakProbe Of(params LeakStep[] steps) => new Scripts(steps);

    /// <summary>A probe that is code of its own.</summary>
    public static LeakProbe Of(Func<LeakScenario, Task> probe) => new Code(probe);

    private sealed record Scripts(IReadOnlyList<LeakStep> Steps) : LeakProbe
    {
        public override IEnumerable<string> AttackScripts =>
            Steps.Where(step => step.By == LeakActor.A).Select(step => step.Script);

        public override async Task TryAsync(LeakScenario stage)
        {
            foreach (LeakStep step in Steps)
            {
                await (
                    step.By switch
                    {
                        LeakActor.A when step.InBackground => stage.A.StartInBackgroundAsync(step.Script),
                        LeakActor.B when step.InBackground => stage.B.StartInBackgroundAsync(step.Script),
                        LeakActor.A => stage.A.RunAsync(step.Script),
                        LeakActor.B => stage.B.RunAsync(step.Script),
                        LeakActor.PlainHost when stage is not PlainScenario => Task.CompletedTask,
                        _ => stage.RunAtHostAsync(step.Script),
                    }
                ).ConfigureAwait(false);
            }
        }
    }

    private sealed record Code(Func<LeakScenario, Task> Probe) : LeakProbe
    {
        public override Task TryAsync(LeakScenario stage) => Probe(stage);
    }
}
