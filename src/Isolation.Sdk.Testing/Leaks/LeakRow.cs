namespace Isolation.Sdk.Testing;

/// <summary>One channel through which two workers on one machine reach each other although each has a work tree of its own.</summary>
public sealed class LeakRow
{
    private readonly Dictionary<SealLevel, LeakExpectation> _levels = [];

    internal LeakRow(string id, string channel, LeakProbe probe) => (Id, Channel, Probe) = (id, channel, probe);

    /// <summary>Its stable id: a letter for the kind (G git, F files and resources, P processes, W toolchains, N inside one process) and a number.</summary>
    public string Id { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Channel { get; }

    /// <summary>What it is between plain processes in worktrees of plain <c>git worktree add</c>.</summary>
    public LeakExpectation Baseline { get; private set; } = new(LeakSight.Leak, "nothing");

    internal LeakProbe Probe { get; }

    /// <summary>What has to be seen there.</summary>
    /// <param name="level">The level; <see langword="null"/> for plain processes in plain worktrees.</param>
    public LeakExpectation At(SealLevel? level) =>
        level is null
            ? Baseline
            : _levels.GetValueOrDefault(level.Value) ?? new LeakExpectation(LeakSight.NotTried, "");

    /// <inheritdoc/>
    public override string ToString() => Id;

    internal LeakRow Plain(LeakSight sight, string mechanism)
    {
        Baseline = new LeakExpectation(sight, mechanism);
        return this;
    }

    internal LeakRow Cooperative(LeakSight sight, string mechanism) => With(SealLevel.Cooperative, sight, mechanism);

    internal LeakRow Guarded(LeakSight sight, string mechanism) => With(SealLevel.Guarded, sight, mechanism);

    internal LeakRow Sealed(LeakSight sight, string mechanism) => With(SealLevel.Sealed, sight, mechanism);

    /// <summary>The same at several levels.</summary>
    internal LeakRow From(SealLevel lowest, LeakSight sight, string mechanism) =>
        Enum.GetValues<SealLevel>()
            .Where(level => level >= lowest)
            .Aggregate(this, (row, level) => row.With(level, sight, mechanism));

    private LeakRow With(SealLevel level, LeakSight sight, string mechanism)
    {
        _levels[level] = new LeakExpectation(sight, mechanism);
        return this;
    }
}
