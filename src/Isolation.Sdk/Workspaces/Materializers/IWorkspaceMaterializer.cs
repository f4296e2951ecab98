namespace Isolation.Sdk.Workspaces;

/// <summary>One way for the files of a commit to get into a new workspace.</summary>
internal interface IWorkspaceMaterializer
{
    /// <summary>Makes the folder of a workspace, before git knows of it.</summary>
    /// <param name="path">A path that is free, in a folder that exists.</param>
    /// <param name="commit">The base.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns><see langword="null"/> when another way has to be taken; then nothing is left.</returns>
    Task<MaterializedFiles?> TryMaterializeAsync(string path, string commit, CancellationToken cancellationToken);
}
