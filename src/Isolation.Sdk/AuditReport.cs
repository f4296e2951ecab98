using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Sdk;

/// <summary>The checklist, carried out: an object and JSON, fit for a gate.</summary>
/// <param name="Faults">What refuses to start; empty when everything holds.</param>
/// <param name="Sealed">Promises that hold on this machine.</param>
/// <param name="Detected">Promises that are watched.</param>
/// <param name="Workers">The number of workers it was made for.</param>
public sealed partial record AuditReport(
    IReadOnlyList<IsolationFault> Faults,
    IsolationGuarantees Sealed,
    IsolationGuarantees Detected,
    int Workers
)
{
    /// <summary>Whether a run may start.</summary>
    public bool Passed => Faults.Count == 0;

    /// <summary>
    /// Findings that the host accepts, each with the reason it gave: <see cref="IsolationPipelineBuilder.Waive"/>.
    /// </summary>
    public IReadOnlyList<IsolationFault> Waived { get; init; } = [];

    /// <summary>What works less well here than elsewhere; it refuses nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The report as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AuditReportJson.Default.AuditReport);

    [JsonSourceGenerationOptions(
        WriteIndented = true,
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        UseStringEnumConverter = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
    )]
    [JsonSerializable(typeof(AuditReport))]
    private sealed partial class AuditReportJson : JsonSerializerContext;
}
