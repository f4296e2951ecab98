using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Sdk.Workspaces;

internal static class WorkspaceNotes
{
    public const string Path = "workspace.path";
    public const string Branch = "workspace.branch";

    // In the clone alone: it explains nothing in the repository.
    public const string CloneBranch = "workspace.clone-branch";

    public const string Base = "workspace.base";
    public const string GitDirectory = "workspace.gitdir";
    public const string Made = "workspace.made";
}

internal sealed record WorkspaceFacts(
    IReadOnlyDictionary<string, string> Fingerprint,
    IReadOnlyList<string> Copied,
    IReadOnlyList<string> Linked
)
{
    public string? TargetRef { get; init; }

    public CheckoutMethod? CheckedOutBy { get; init; }

    public DateTime? CheckedOutAt { get; init; }

    public IReadOnlyList<FilledSubmodule> Submodules { get; init; } = [];

    [JsonIgnore]
    public IReadOnlyList<string> Excluded => [.. Copied, .. Linked];

    public static WorkspaceFacts None { get; } = new(new Dictionary<string, string>(), [], []);

    public string ToJson() => JsonSerializer.Serialize(this, WorkspaceJson.Default.WorkspaceFacts);

    public static WorkspaceFacts FromJson(string? json) =>
        json is null ? None : JsonSerializer.Deserialize(json, WorkspaceJson.Default.WorkspaceFacts) ?? None;
}

[JsonSerializable(typeof(WorkspaceFacts))]
internal sealed partial class WorkspaceJson : JsonSerializerContext;
