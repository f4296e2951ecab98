using Isolation.Sdk.Contexts;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

/// <summary>What a worker was really given, just before it runs.</summary>
internal sealed class WorkerAllocation(
    AttemptId attempt,
    WorkItem item,
    WorkspaceInfo workspace,
    StateInfo state,
    WorkerContext context,
    IReadOnlyList<Handoff> handoffs
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
    public AttemptId Attempt => attempt;

    public WorkItem Item => item;

    public WorkspaceInfo Workspace => workspace;

    public StateInfo State => state;

    public WorkerContext Context => context;

    public IReadOnlyList<Handoff> Handoffs => handoffs;

    /// <summary>Where its work tree really is. Looked up once: everyone who comes later is compared with it.</summary>
    public string WorkTree { get; } = RealPath.Of(workspace.Path);

    public string GitDirectory { get; } = RealPath.Of(workspace.GitDirectory);

    public IReadOnlyList<string> Folders { get; } =
    [
        .. state
            .Environment.Where(e =>
                FolderVariables.Contains(e.Name, StringComparer.Ordinal) && Path.IsPathFullyQualified(e.Value)
            )
            .Select(e => e.Value)
            .Append(state.Home)
            .Append(state.Temp)
            .Distinct(StringComparer.Ordinal)
            .Select(RealPath.Of)
            .Distinct(StringComparer.Ordinal),
    ];
}
