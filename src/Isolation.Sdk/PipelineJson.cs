using System.Text.Json.Serialization;

namespace Isolation.Sdk;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(AuditReport))]
internal sealed partial class PipelineJson : JsonSerializerContext;
