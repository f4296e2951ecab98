using System.Text.Json.Serialization;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Sqlite;

/// <summary>One line of an export: an item as it stands, with its history.</summary>
internal sealed record TrackedLine(TrackedItem Item, IReadOnlyList<HistoryEntry> History);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(TrackedItem))]
[JsonSerializable(typeof(TrackedLine))]
internal sealed partial class TrackerJson : JsonSerializerContext;
