namespace Isolation.Sdk.Guard;

/// <summary>Watches what makes a folder a worker's own: that it is there and no link, and which repository it and its entry point to.</summary>
internal sealed class WorkspaceMonitor
{
    private readonly string[] _paths;
    private string?[] _last;

    public WorkspaceMonitor(GuardedWorker worker)
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
        _last = Scan();
    }

    /// <summary>What changed since the last look.</summary>
    public IReadOnlyList<SharedStateChange> Changes()
    {
        string?[] before = _last;
        _last = Scan();
        return
        [
            .. _paths
                .Select((path, i) => new SharedStateChange(path, before[i], _last[i]))
                .Where(c => c.Before != c.After),
        ];
    }

    private string?[] Scan() => [.. _paths.Select(p => FileFingerprint.Of(p))];
}
