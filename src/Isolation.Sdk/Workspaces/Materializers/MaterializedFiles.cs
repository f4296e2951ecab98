using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

internal sealed class MaterializedFiles(
    WorkspaceContext context,
    CheckoutMethod method,
    IndexFile? index = null,
    TemplateTree? tree = null,
    bool takesTree = false
) : IDisposable
{
    public CheckoutMethod Method => method;

    public Func<WorkspaceInfo, GitSettings, CancellationToken, Task>? CheckOut { get; init; }

    public IReadOnlyList<FilledSubmodule> Submodules { get; private set; } = [];

    // Ends with it at the latest.
    public IDisposable? Turn { get; init; }

    public async Task CompleteAsync(WorkspaceInfo info, GitSettings settings, CancellationToken cancellationToken)
    {
        context.Faults.OnStep(WorkspaceStep.GitMade);
        GitDirectoryFiles.Copy(context.Repository, info.GitDirectory, context.Options.CopyIgnored);
        string path = Path.Combine(info.GitDirectory, "index");
        if (CheckOut is not null)
        {
            await CheckOut(info, settings, cancellationToken).ConfigureAwait(false);
        }
        else if (takesTree)
        {
            File.Move(tree!.IndexPath, path);
        }
        else if (tree is not null)
        {
            File.Copy(tree.IndexPath, path); // Shares its blocks where the snapshot does.
        }
        else
        {
            index!.Save(path);
        }

        Submodules = await new SubmoduleCheckout(context.Repository)
        {
            KeepsOrigin = !info.HasOwnRepository || context.Options.KeepOrigin,
        }
            .FillAsync(info, cancellationToken)
            .ConfigureAwait(false);
        context.Faults.OnStep(WorkspaceStep.Indexed);
    }

    // The index in the git directory is the worker's from now on.
    public IndexFile? GetIndex(WorkspaceInfo info) =>
        index
        ?? tree?.Index
        ?? IndexFile.TryRead(Path.Combine(info.GitDirectory, "index"), context.Repository.ObjectFormat);

    public void Dispose()
    {
        if (takesTree)
        {
            tree?.Discard();
        }

        tree?.Dispose();
        Turn?.Dispose();
    }
}
