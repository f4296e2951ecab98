namespace Isolation.Sdk.Workspaces;

internal interface IWorkspaceMaterializer
{
    // Before git knows of it. null when another way has to be taken; then nothing is left.
    Task<MaterializedFiles?> TryMaterializeAsync(string path, string commit, CancellationToken cancellationToken);
}
