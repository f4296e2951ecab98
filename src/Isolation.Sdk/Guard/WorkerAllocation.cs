using Isolation.Sdk.Contexts;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

/// <summary>What a worker was really given, just before it runs.</summary>
internal sealed record WorkerAllocation(
    AttemptId Attempt,
    WorkItem Item,
    WorkspaceInfo Workspace,
    StateInfo State,
    WorkerContext Context,
    IReadOnlyList<Handoff> Handoffs
)
{
    private static readonly string[] FolderVariables =
    [
        "HOME",
        "TMPDIR",
        "TEMP",
        "TMP",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
        "NUGET_PACKAGES",
        "DOTNET_CLI_HOME",
        "GIT_CONFIG_GLOBAL",
    ];

    /// <summary>Where its work tree really is. Looked up once: everyone who comes later is compared with it.</summary>
    public string WorkTree { get; } = RealPath.Of(Workspace.Path);

    public string GitDirectory { get; } = RealPath.Of(Workspace.GitDirectory);

    public IReadOnlyList<string> Folders { get; } =
    [
        .. State
            .Environment.Where(e =>
                FolderVariables.Contains(e.Name, StringComparer.Ordinal) && Path.IsPathFullyQualified(e.Value)
            )
            .Select(e => e.Value)
            .Append(State.Home)
            .Append(State.Temp)
            .Distinct(StringComparer.Ordinal)
            .Select(RealPath.Of)
            .Distinct(StringComparer.Ordinal),
    ];
}
