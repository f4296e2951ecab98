using System.Text.Json.Serialization;

namespace Isolation.Sdk.Leases;

/// <summary>A lease as it is on disk.</summary>
/// <param name="Attempt">The attempt that held it.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Notes">What providers noted before they created it.</param>
public sealed record LeaseRecord(AttemptId Attempt, RepositoryRef Repository, IReadOnlyDictionary<string, string> Notes)
{
    // For a person who looks; whether it is alive, the lock says.
    [JsonInclude]
    internal LeaseHolder? Holder { get; init; }
}

internal sealed record LeaseHolder(
    int ProcessId,
    DateTimeOffset Started,
    string BootId,
    string HostId,
    DateTimeOffset Taken
);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LeaseRecord))]
internal sealed partial class LeaseJson : JsonSerializerContext;
