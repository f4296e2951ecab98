namespace Isolation.Sdk.Testing;

/// <summary>Proves that code leaves nothing behind: a snapshot before, an assertion after, no test framework
/// needed.</summary>
/// <example>
/// <code>
/// LeakSnapshot before = await LeakAssert.SnapshotAsync(repository.Path);
/// // … what is tested …
/// await before.AssertNothingLeakedAsync();
/// </code>
/// </example>
public static class LeakAssert
{
    /// <summary>Takes down what is there now: worktrees, branches, other refs, leases, processes, files and listening
    /// ports.</summary>
    /// <param name="repositoryPath">The repository, by a checkout or a bare path.</param>
    /// <param name="scope">Where else to look; <see langword="null"/> for the folder that holds the repository.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<LeakSnapshot> SnapshotAsync(
        string repositoryPath,
        LeakScope? scope = null,
        CancellationToken cancellationToken = default
    )
    {
        scope ??= new LeakScope();
        string full = Path.GetFullPath(repositoryPath);
        IReadOnlyList<string> folders = scope.Folders.Count > 0 ? scope.Folders : [Path.GetDirectoryName(full)!];
        LeakSnapshot before = new(full, scope, folders);
        await before.TakeAsync(cancellationToken).ConfigureAwait(false);
        return before;
    }
}
