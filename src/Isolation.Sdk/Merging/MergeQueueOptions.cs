using System.Text.RegularExpressions;

namespace Isolation.Sdk.Merging;

/// <summary>The settings of a merge queue. What is null has the value of the preset: manual, first-wins, serial queue
/// or refinery.</summary>
public sealed partial class MergeQueueOptions
{
    private static readonly TimeSpan MaxGateTimeout = TimeSpan.FromDays(30);

    /// <summary>What a landing adds to the target. <value><see cref="MergeMode.Merge"/>.</value></summary>
    public MergeMode Mode { get; set; } = MergeMode.Merge;

    /// <summary>The first line of a landed commit; <c>{attempt}</c>, <c>{item}</c> and <c>{title}</c> are replaced.
    /// <value>null: <c>{title}</c>.</value></summary>
    public string? MessageTemplate { get; set; }

    /// <summary>The remote to push each attempt's branch to, never forced. <value>null: none.</value></summary>
    public string? PushBranchesTo { get; set; }

    /// <summary>The remote to push the target to as part of each landing, never forced: what lands here is there, or
    /// nothing lands. <value>null: none.</value></summary>
    public string? PushTargetTo { get; set; }

    /// <summary>Whether a clean checkout of the target moves along with it. <value>false: a target that is checked out
    /// is refused.</value></summary>
    public bool FastForwardCheckout { get; set; }

    /// <summary>Whether someone must approve the exact commit before it is tested or landed. <value>false; the manual
    /// preset always requires it.</value></summary>
    public bool RequireApproval { get; set; }

    /// <summary>Whether work that puts back what was there before others landed waits until someone approves it.
    /// <value>false: it lands, and its status names what it puts back.</value></summary>
    public bool HoldReverts { get; set; }

    /// <summary>The parts of the gate, run in this order; the first that is not green decides.</summary>
    public IList<MergeGate> Gates { get; } = [];

    /// <summary>The maximum time of all gates of a candidate together. After five passes it is three times what nearly
    /// all of them took, one minute at least. <value>30 minutes.</value></summary>
    public TimeSpan GateTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Untracked files to keep between runs of a gate, as patterns of a <c>.gitignore</c>. Name only what the
    /// build checks for staleness. <value>None.</value></summary>
    public IList<string> CachePaths { get; } = [];

    /// <summary>The maximum number of candidates tested at once; fewer where gates slow each other down. <value>null: 4
    /// for the refinery, otherwise 1.</value></summary>
    public int? MaxConcurrency { get; set; }

    /// <summary>How many items a candidate adds to the one before it. <value>null: measured for the refinery, otherwise
    /// 1.</value></summary>
    public int? BatchSize { get; set; }

    /// <summary>Whether every commit on the target has to pass by itself, not only the last of a group.
    /// <value>false.</value></summary>
    public bool TestEveryCommit { get; set; }

    /// <summary>Whether a red candidate is tested once more before its item is rejected. <value>null: true for the
    /// refinery, otherwise false.</value></summary>
    public bool? RetryFailedGates { get; set; }

    internal IEnumerable<IsolationFault> Validate()
    {
        if (!Enum.IsDefined(Mode))
        {
            yield return Bad(
                nameof(Mode),
                $"is {(int)Mode}, which is no merge mode",
                "Use Merge, Squash, Rebase or FastForward."
            );
        }

        foreach (Match unknown in Placeholder().Matches(MessageTemplate ?? ""))
        {
            if (unknown.Value is not ("{attempt}" or "{item}" or "{title}"))
            {
                yield return Bad(
                    nameof(MessageTemplate),
                    $"contains {unknown.Value}, which is not known",
                    "Use {attempt}, {item} and {title}."
                );
            }
        }

        foreach ((string name, string? remote) in Remotes)
        {
            if (remote is not null && (string.IsNullOrWhiteSpace(remote) || remote.StartsWith('-')))
            {
                yield return Bad(
                    name,
                    $"is '{remote}', which is not the name of a remote",
                    "Use a name that 'git remote' lists."
                );
            }
        }

        foreach ((int i, MergeGate? gate) in Gates.Index())
        {
            if ((gate is null ? "is null" : gate.FindProblem(GateTimeout)) is { } problem)
            {
                yield return Bad(
                    $"{nameof(Gates)}[{i}]",
                    problem,
                    "Give it a File with Arguments, or a Name and a Test."
                );
            }
        }

        if (GateTimeout <= TimeSpan.Zero || GateTimeout > MaxGateTimeout)
        {
            yield return Bad(nameof(GateTimeout), $"is {GateTimeout}", "Use more than zero and at most 30 days.");
        }

        foreach (string? path in CachePaths)
        {
            if (string.IsNullOrWhiteSpace(path) || path[0] is '!' or '#' || path.Any(char.IsControl))
            {
                yield return Bad(
                    nameof(CachePaths),
                    $"contains '{path}', which matches nothing that could be kept",
                    "Use patterns of a .gitignore, for example bin/ or node_modules/."
                );
            }
        }

        foreach ((string name, int? value) in Counts)
        {
            if (value < 1)
            {
                yield return Bad(name, $"is {value}", "Use 1 or more, or null for the preset's value.");
            }
        }
    }

    private (string, string?)[] Remotes =>
        [(nameof(PushBranchesTo), PushBranchesTo), (nameof(PushTargetTo), PushTargetTo)];

    private (string, int?)[] Counts => [(nameof(MaxConcurrency), MaxConcurrency), (nameof(BatchSize), BatchSize)];

    private static IsolationFault Bad(string option, string problem, string remedy) =>
        new(MergingCodes.BadOptions, $"{nameof(MergeQueueOptions)}.{option} {problem}.", remedy);

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Placeholder();
}
