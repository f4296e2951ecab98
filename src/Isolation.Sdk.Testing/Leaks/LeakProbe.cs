namespace Isolation.Sdk.Testing;

/// <summary>How a channel is tried.</summary>
internal abstract record LeakProbe
{
    /// <summary>What the machine needs for it, as programs on PATH.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Changes the repository, or what lies around it, before there are workers.</summary>
    public Func<LeakPlace, Task>? Prepare { get; init; }

    /// <summary>Tries it between two workers that are both there. What counts is <see cref="LeakStage.Leaks"/>.</summary>
    public abstract Task TryAsync(LeakStage stage);

    /// <summary>A probe made of shell scripts, each run to its end by one worker, in order; one that prints the line LEAK has noticed something of the other.</summary>
    public static LeakProbe Of(params LeakStep[] steps) => new Scripts(steps);

    /// <summary>A probe that is code of its own.</summary>
    public static LeakProbe Of(Func<LeakStage, Task> probe) => new Code(probe);

    private sealed record Scripts(IReadOnlyList<LeakStep> Steps) : LeakProbe
    {
        public override async Task TryAsync(LeakStage stage)
        {
            foreach (LeakStep step in Steps)
            {
                await (step.IsOffender ? stage.A : stage.B).RunAsync(step.Script).ConfigureAwait(false);
            }
        }
    }

    private sealed record Code(Func<LeakStage, Task> Probe) : LeakProbe
    {
        public override Task TryAsync(LeakStage stage) => Probe(stage);
    }
}

/// <summary>One script of a probe. <c>$1</c> is the other's workspace, <c>$2</c> the canonical checkout, <c>$3</c> the host's home, <c>$4</c> a word that nobody else uses.</summary>
/// <param name="IsOffender">Whether A runs it, and not B.</param>
/// <param name="Script">What <c>sh -c</c> runs.</param>
internal readonly record struct LeakStep(bool IsOffender, string Script)
{
    public static LeakStep A(string script) => new(true, script);

    public static LeakStep B(string script) => new(false, script);
}
