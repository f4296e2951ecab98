namespace Isolation.Sdk.Merging;

/// <summary>The settings of the one engine. A policy only proposes; what lands is decided by fixed code.</summary>
internal sealed record MergePolicy(string Name, MergeOptions Options)
{
    /// <summary>Whether someone must approve the exact commit first.</summary>
    public bool NeedsApproval { get; init; }

    /// <summary>Whether a merged tree must have passed a gate.</summary>
    public bool NeedsGate { get; init; }

    public IReadOnlyList<MergeGate> Gates { get; init; } = [];

    public TimeSpan GateTimeLimit { get; init; } = GatedMergeOptions.DefaultGateTimeLimit;

    public TimeSpan MinimumGateTime { get; init; }

    /// <summary>What survives the clean between two candidates.</summary>
    public IReadOnlyList<string> KeptBetweenRuns { get; init; } = [];

    /// <summary>The host's part of what passes are reused by.</summary>
    public string? EnvironmentKey { get; init; }

    /// <summary>How many candidates may be tested at once.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>How many items a candidate adds; <see langword="null"/> for what measurement says.</summary>
    public int? Step { get; init; } = 1;

    /// <summary>The most items a candidate adds when measurement decides.</summary>
    public int LargestStep { get; init; } = 8;

    /// <summary>Whether each landed commit must have been tested by itself.</summary>
    public bool EveryCommitGreen { get; init; }

    /// <summary>Whether a red tree is tested once more before anyone is rejected.</summary>
    public bool Confirm { get; init; }

    /// <summary>Whether the target itself must be green before anyone is given back.</summary>
    public bool ChecksTarget { get; init; }

    /// <summary>Whether landings are written down before they happen. Where nothing is tested and nothing leaves the repository the target's own history tells all there is to know after a crash.</summary>
    public bool Journals { get; init; } = Options.TargetRemote is not null || Options.Mode == MergeMode.FastForward;

    public static MergePolicy Of(MergeOptions options) =>
        options switch
        {
            FirstWinsOptions => new MergePolicy("first-wins", options),
            ManualMergeOptions => new MergePolicy("manual", options) { NeedsApproval = true },
            SerialQueueOptions o => Gated("serial", o),
            RefineryOptions o => Gated("refinery", o) with
            {
                Slots = o.Slots,
                Step = o.EveryCommitGreen ? 1 : o.Step,
                EveryCommitGreen = o.EveryCommitGreen,
                Confirm = o.Confirms,
                ChecksTarget = true,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(options)),
        };

    private static MergePolicy Gated(string name, GatedMergeOptions options) =>
        new(name, options)
        {
            Journals = true,
            NeedsGate = !(options.AllowNoGate && options.Gates.Count == 0),
            Gates = [.. options.Gates],
            GateTimeLimit = options.GateTimeLimit,
            MinimumGateTime = options.MinimumGateTime,
            KeptBetweenRuns = [.. options.KeptBetweenRuns],
            EnvironmentKey = options.EnvironmentKey,
        };
}
