namespace Isolation.Sdk.Leaks;

/// <summary>One channel through which two workers on one machine reach each other although each has a work tree of its
/// own.</summary>
public sealed class LeakRow
{
    private readonly Dictionary<SandboxLevel, LeakExpectation> _levels = [];

    internal LeakRow(string id, string channel, LeakProbe probe) => (Id, Channel, Probe) = (id, channel, probe);

    /// <summary>Its stable id: a letter for the kind (G git, F files and resources, P processes, W toolchains, N inside
    /// one process) and a number.</summary>
    public string Id { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Channel { get; }

    /// <summary>What it is between plain processes in worktrees of plain <c>git worktree add</c>.</summary>
    public LeakExpectation Baseline { get; private set; } = new(LeakOutcome.Leak, "nothing");

    internal LeakProbe Probe { get; }

    /// <summary>What has to be seen there.</summary>
    /// <param name="level">The level; <see langword="null"/> for plain processes in plain worktrees.</param>
    public LeakExpectation ExpectedAt(SandboxLevel? level) =>
        level is null
            ? Baseline
            : _levels.GetValueOrDefault(level.Value) ?? new LeakExpectation(LeakOutcome.NotTried, "");

    /// <inheritdoc/>
    public override string ToString() => Id;

    internal LeakRow Plain(LeakOutcome sight, string mechanism)
    {
        Baseline = new LeakExpectation(sight, mechanism);
        return this;
    }

    internal LeakRow Cooperative(LeakOutcome sight, string mechanism) =>
        With(SandboxLevel.Cooperative, sight, mechanism);

    internal LeakRow Restricted(LeakOutcome sight, string mechanism) => With(SandboxLevel.Restricted, sight, mechanism);

    internal LeakRow Sealed(LeakOutcome sight, string mechanism) => With(SandboxLevel.Sealed, sight, mechanism);

    /// <summary>The same at several levels.</summary>
    internal LeakRow FromLevel(SandboxLevel lowest, LeakOutcome sight, string mechanism) =>
        Enum.GetValues<SandboxLevel>()
            .Where(level => level >= lowest)
            .Aggregate(this, (row, level) => row.With(level, sight, mechanism));

    private LeakRow With(SandboxLevel level, LeakOutcome sight, string mechanism)
    {
        _levels[level] = new LeakExpectation(sight, mechanism);
        return this;
    }
}
