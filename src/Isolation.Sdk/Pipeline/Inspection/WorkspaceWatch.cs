namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>Watches what makes a folder a worker's own: that it is there and no link, and which repository it and its entry point to.</summary>
internal sealed class WorkspaceWatch
{
    private readonly string[] _paths;
    private string?[] _seen;

    public WorkspaceWatch(GuardedWorker worker)
    {
        string path = worker.Workspace.Path,
            entry = worker.Workspace.GitDirectory;
        _paths = worker.Workspace.HasOwnRepository
            ? [Path.GetDirectoryName(path)!, path, entry]
            :
            [
                Path.GetDirectoryName(path)!,
                path,
                Path.Combine(path, ".git"),
                entry,
                Path.Combine(entry, "gitdir"),
                Path.Combine(entry, "commondir"),
            ];
        _seen = Look();
    }

    /// <summary>What changed since the last look.</summary>
    public IReadOnlyList<Change> Changes()
    {
        string?[] before = _seen;
        _seen = Look();
        return [.. _paths.Select((path, i) => new Change(path, before[i], _seen[i])).Where(c => c.Before != c.After)];
    }

    private string?[] Look() => [.. _paths.Select(p => FileFact.Of(p))];
}
