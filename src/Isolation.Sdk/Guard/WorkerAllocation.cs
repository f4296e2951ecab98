using Isolation.Sdk.Contexts;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

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

    public string WorkTree { get; } = RealPath.Of(Workspace.Path);

    public string GitDirectory { get; } = RealPath.Of(Workspace.GitDirectory);

    public IReadOnlyList<string> Folders { get; } =
    [
        .. State
            .Environment.Where(e => FolderVariables.Contains(e.Name) && Path.IsPathFullyQualified(e.Value))
            .Select(e => e.Value)
            .Append(State.Home)
            .Append(State.Temp)
            .Distinct()
            .Select(RealPath.Of)
            .Distinct(),
    ];
}
