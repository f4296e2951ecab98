namespace Isolation.Sdk.Workspaces;

// A released workspace's, looked for beside what git has to be told.
internal sealed class IdleMaterializer(
    WorkspaceContext context,
    IdleWorkspaces idle,
    TemplateMaterializer templates,
    string key,
    Task<TemplateTree?> taking
) : IWorkspaceMaterializer, IAsyncDisposable
{
    public async Task<MaterializedFiles?> TryMaterializeAsync(
        string path,
        string commit,
        CancellationToken cancellationToken
    )
    {
        if (await taking.ConfigureAwait(false) is not { } tree)
        {
            return null;
        }

        if (tree.Index is { } index && context.Settings.UnsupportedReason() is null)
        {
            tree.MoveFilesTo(path);
            return new MaterializedFiles(context, templates.Choose(), index, tree, takesTree: true);
        }

        tree.Discard();
        return null;
    }

    public Func<Func<string, Task>, Task<bool>>? CreateRecycling(WorkspaceInfo info, MaterializedFiles files) =>
        files.GetIndex(info) is { } index ? move => idle.TryTakeInAsync(info, index, key, move) : null;

    public async ValueTask DisposeAsync()
    {
        await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (taking.IsCompletedSuccessfully ? await taking.ConfigureAwait(false) : null)?.Dispose();
    }
}
