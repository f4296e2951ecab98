namespace Isolation.Sdk.Merging;

/// <summary>The settings of the one engine. A policy only proposes; what lands is decided by fixed code.</summary>
internal sealed record MergePolicy(string Name, MergeOptions Options)
{
    /// <summary>Whether someone must approve the exact commit first.</summary>
    public bool NeedsApproval { get; init; }

    /// <summary>Whether a merged tree must have passed a gate.</summary>
    public bool NeedsGate { get; init; }

    public IReadOnlyList<MergeGate> Gates { get; init; } = [];

    public TimeSpan GateTimeout { get; init; } = GatedMergeOptions.DefaultGateTimeLimit;

    public TimeSpan MinimumGateTime { get; init; }

    /// <summary>What survives the clean between two candidates.</summary>
    public IReadOnlyList<string> CachePaths { get; init; } = [];

    /// <summary>The host's part of what passes are reused by.</summary>
    public string? CacheKey { get; init; }

    /// <summary>How many candidates may be tested at once.</summary>
    public int MaxConcurrency { get; init; } = 1;

    /// <summary>How many items a candidate adds; <see langword="null"/> for what measurement says.</summary>
    public int? BatchSize { get; init; } = 1;

    /// <summary>The most items a candidate adds when measurement decides.</summary>
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>Whether each landed commit must have been tested by itself.</summary>
    public bool TestEveryCommit { get; init; }

    /// <summary>Whether a red tree is tested once more before anyone is rejected.</summary>
    public bool RetryFailedGates { get; init; }

    /// <summary>Whether the target itself must be green before anyone is given back.</summary>
    public bool TestsTarget { get; init; }

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
                MaxConcurrency = o.MaxConcurrency,
                BatchSize = o.TestEveryCommit ? 1 : o.BatchSize,
                TestEveryCommit = o.TestEveryCommit,
                RetryFailedGates = o.RetryFailedGates,
                TestsTarget = true,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(options)),
        };

    private static MergePolicy Gated(string name, GatedMergeOptions options) =>
        new(name, options)
        {
            Journals = true,
            NeedsGate = !(options.AllowNoGate && options.Gates.Count == 0),
            Gates = [.. options.Gates],
            GateTimeout = options.GateTimeout,
            MinimumGateTime = options.MinimumGateTime,
            CachePaths = [.. options.CachePaths],
            CacheKey = options.CacheKey,
        };
}
