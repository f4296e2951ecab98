using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

internal sealed record ScopeResources(
    AttemptId Attempt,
    string Workspace,
    string Marker,
    ScopeFolders Folders,
    string Trash,
    ProcessSandboxOptions Options,
    IProcessLauncher Launcher,
    TimeProvider Time
)
{
    public IScopeConfinement? Confinement { get; init; }

    public IReadOnlyList<PortLease> Ports { get; init; } = [];

    public IReadOnlyList<WorkerCommand> Teardowns { get; init; } = [];

    public string? EnvFile { get; init; }

    public void Release(bool keepFolders)
    {
        foreach (PortLease port in Ports)
        {
            port.Dispose();
        }

        Confinement?.Dispose();
        Launcher.Release();
        if (keepFolders)
        {
            Folders.MoveTempBeside();
        }
        else
        {
            if (EnvFile is not null)
            {
                File.Delete(EnvFile);
            }

            Folders.Remove(Trash);
        }
    }
}
