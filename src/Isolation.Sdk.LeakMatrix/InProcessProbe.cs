namespace Isolation.Sdk.Leaks;

/// <summary>A channel between workers that are code of one process.</summary>
/// <param name="Create">Makes what one try needs, given a word of its own.</param>
internal sealed record InProcessProbe(Func<string, InProcessSteps> Create) : LeakProbe
{
    public override Task TryAsync(LeakScenario stage) =>
        throw new NotSupportedException("Only a stage of one process can try it.");
}

/// <summary>Who does what.</summary>
/// <param name="A">What the offender does, and may do without a wait.</param>
/// <param name="B">Whether the victim notices it.</param>
internal sealed record InProcessSteps(Func<InProcessStepContext, Task> A, Func<InProcessStepContext, bool> B)
{
    public InProcessSteps(Action<InProcessStepContext> a, Func<InProcessStepContext, bool> b)
        : this(Without(a), b) { }

    /// <summary>What the host has done in its own flow before there are workers.</summary>
    public Action? Host { get; init; }

    /// <summary>Puts back what concerns the whole process.</summary>
    public Action? Undo { get; init; }

    /// <summary>What a notice about it names; others are of somebody else in this process.</summary>
    public string? NoticePattern { get; init; }

    // Not async: what it writes is written in its caller's flow.
    private static Func<InProcessStepContext, Task> Without(Action<InProcessStepContext> act) =>
        turn =>
        {
            act(turn);
            return Task.CompletedTask;
        };
}

/// <summary>What a worker has.</summary>
/// <param name="Worker">The worker; <see langword="null"/> where the host simply calls it.</param>
/// <param name="Token">Its token.</param>
/// <param name="Cancel">Cancels whatever of that it can.</param>
internal sealed record InProcessStepContext(IsolatedWorker? Worker, CancellationToken Token, Action Cancel);
