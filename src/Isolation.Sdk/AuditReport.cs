namespace Isolation.Sdk;

/// <summary>The checklist, carried out: fit for a gate, as an object and as JSON.</summary>
/// <param name="Faults">What refuses to start; empty when everything holds.</param>
/// <param name="Sealed">Promises that hold on this machine.</param>
/// <param name="Detected">Promises that are watched.</param>
/// <param name="Workers">For how many workers it was made.</param>
/// <param name="Phase">The phase the host claims.</param>
public sealed record AuditReport(
    IReadOnlyList<IsolationFault> Faults,
    IsolationGuarantees Sealed,
    IsolationGuarantees Detected,
    int Workers,
    IsolationPhase Phase
)
{
    /// <summary>Whether a run may start.</summary>
    public bool Passed => Faults.Count == 0;

    /// <summary>What works less well here than elsewhere; it refuses nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The reason the host gave for running many workers without an automated merge queue.</summary>
    public string? Override { get; init; }

    /// <summary>The report as indented JSON.</summary>
    public string ToJson() =>
        System.Text.Json.JsonSerializer.Serialize(this, Isolation.Sdk.PipelineJson.Default.AuditReport);
}
