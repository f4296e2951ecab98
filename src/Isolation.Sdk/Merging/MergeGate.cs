namespace Isolation.Sdk.Merging;

/// <summary>One part of a queue's gate: a command, or code of the host.</summary>
/// <remarks>
/// A command runs in the merged tree, in a state scope of its own, without a shell, and must end with 0. An exception
/// of host code counts as <see cref="GateVerdict.Infra"/>: it is never green and never the item's fault. Code that
/// ignores its token is left behind with its worktree when the time is over.
/// </remarks>
public sealed class MergeGate
{
    private string? _name;

    /// <summary>The name in results and logs. <value>The command line.</value></summary>
    public string Name
    {
        get => _name ?? string.Join(' ', [File ?? "", .. Arguments]);
        // A configuration binder sets what it has just read: that is not a choice.
        set => _name = string.IsNullOrEmpty(value) || value == Name ? _name : value;
    }

    /// <summary>The program.</summary>
    public string? File { get; set; }

    /// <summary>Its arguments.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>Tests a candidate in place of a command. Its token is cancelled when the time is over or the answer is
    /// no longer needed.</summary>
    public Func<GateContext, CancellationToken, ValueTask<GateResult>>? Test { get; set; }

    /// <summary>What its passes depend on besides the tree, git, the machine and the sandbox: the version of
    /// <see cref="Test"/>, or of a compiler. Passes of another version are not reused. <value>null: later queues
    /// do not reuse those of <see cref="Test"/>.</value></summary>
    public string? Version { get; set; }

    /// <summary>The shortest time of a real test. A pass that comes sooner tested nothing and counts as
    /// <see cref="GateVerdict.Vacuous"/>. <value>Zero.</value></summary>
    public TimeSpan MinimumTime { get; set; }

    internal WorkerCommand? Command => File is null ? null : new WorkerCommand(File, [.. Arguments]);

    internal string? FindProblem(TimeSpan limit) =>
        (File, Test) switch
        {
            (null, null) => "has neither a command nor a test",
            (not null, not null) => "has both a command and a test",
            (not null, _) when string.IsNullOrWhiteSpace(File) => "has an empty command",
            (not null, _) when Arguments.Contains(null!) => "has an argument that is null",
            _ when string.IsNullOrWhiteSpace(Name) => "has no name",
            _ when MinimumTime < TimeSpan.Zero || MinimumTime >= limit =>
                $"has a {nameof(MinimumTime)} of {MinimumTime}, so that it can never be green",
            _ => null,
        };
}
