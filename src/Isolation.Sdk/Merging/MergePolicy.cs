using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Merging;

/// <summary>The settings of the one engine. A policy only proposes; what lands is decided by fixed code.</summary>
internal sealed record MergePolicy(string Name, MergeOptions Options)
{
    /// <summary>Whether someone must approve the exact commit first.</summary>
    public bool NeedsApproval { get; init; }

    /// <summary>Whether a merged tree must have passed a gate.</summary>
    public bool NeedsGate { get; init; }

    public IReadOnlyList<WorkerCommand> Gates { get; init; } = [];

    public TimeSpan GateTimeLimit { get; init; } = SerialQueueOptions.DefaultGateTimeLimit;

    public TimeSpan MinimumGateTime { get; init; }

    public static MergePolicy Of(MergeOptions options) => options switch
    {
        FirstWinsOptions => new MergePolicy("first-wins", options),
        ManualMergeOptions => new MergePolicy("manual", options) { NeedsApproval = true },
        SerialQueueOptions o => new MergePolicy("serial", options) { NeedsGate = !(o.AllowNoGate && o.Gates.Count == 0), Gates = [.. o.Gates], GateTimeLimit = o.GateTimeLimit, MinimumGateTime = o.MinimumGateTime },
        _ => throw new ArgumentOutOfRangeException(nameof(options)),
    };
}
