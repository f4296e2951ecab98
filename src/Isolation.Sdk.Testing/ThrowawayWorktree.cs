namespace Isolation.Sdk.Testing;

/// <summary>A work tree of any repository in a temp folder, on a detached commit, gone when disposed; the next one made
/// sweeps it away if this process is killed first.</summary>
/// <remarks>It creates no branch. Commits made in it are lost with it unless something points to them.</remarks>
public sealed class ThrowawayWorktree : IAsyncDisposable
{
    private readonly ThrowawayFolder _folder;
    private readonly string _common;

    private ThrowawayWorktree(ThrowawayFolder folder, string common)
    {
        _folder = folder;
        _common = common;
    }

    /// <summary>The work tree.</summary>
    // The folder's name is unique, so git registers the worktree under exactly it.
    public string Path => System.IO.Path.Combine(_folder.Path, System.IO.Path.GetFileName(_folder.Path));

    private string Registration =>
        System.IO.Path.Combine(_common, "worktrees", System.IO.Path.GetFileName(_folder.Path));

    /// <summary>Makes a work tree.</summary>
    /// <param name="repositoryPath">A checkout, a folder in it, or a bare repository.</param>
    /// <param name="revision">What to check out: a branch, a tag, a commit.</param>
    /// <param name="cancellationToken">Ends the work and takes it back.</param>
    /// <exception cref="ArgumentException">There is no repository.</exception>
    /// <exception cref="InvalidOperationException">Git could not make it; the message has what it said.</exception>
    public static async Task<ThrowawayWorktree> CreateAsync(
        string repositoryPath,
        string revision = "HEAD",
        CancellationToken cancellationToken = default
    )
    {
        string common = GitDirectories.Common(repositoryPath);
        ThrowawayFolder folder = ThrowawayFolder.Create("tree");
        ThrowawayWorktree made = new(folder, common);
        try
        {
            folder.NoteWorktree(made.Registration);
            await made.RegisterAsync(repositoryPath, revision, cancellationToken).ConfigureAwait(false);

            // What "worktree add" does last, but outside of the lock: many can be filled at once.
            await PlainGit
                .RunAsync(
                    made.Path,
                    [.. PlainGit.NoHooks, .. Lfs(repositoryPath), "reset", "-q", "--hard", "--no-recurse-submodules"],
                    cancellationToken
                )
                .ConfigureAwait(false);
            return made;
        }
        catch
        {
            await made.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs plain git in the work tree.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Standard output without the newline at its end.</returns>
    /// <exception cref="InvalidOperationException">Git ended with another code than 0; the message has what it
    /// said.</exception>
    public Task<string> GitAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default) =>
        ThrowawayRepository.GitInAsync(Path, arguments, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // A registration is one folder under "worktrees"; taking it away is all that "worktree remove" and "worktree
        // prune" do.
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RegisterAsync(string repositoryPath, string revision, CancellationToken cancellationToken)
    {
        // Not locked for git: if temp is emptied at a restart, git's own prune may take the registration.
        string gate = System.IO.Path.Combine(_common, "isolation", "worktrees.lock");
        using FolderLock held = await FolderLock.AcquireAsync(gate, cancellationToken).ConfigureAwait(false);
        await PlainGit
            .RunAsync(
                repositoryPath,
                [.. PlainGit.NoHooks, "worktree", "add", "-q", "--detach", "--no-checkout", Path, revision],
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private static string[] Lfs(string repositoryPath)
    {
        // Without the host's config git knows no LFS filter and would leave pointer files; required: rather an error
        // than those.
        string attributes = System.IO.Path.Combine(repositoryPath, ".gitattributes");
        return File.Exists(attributes) && File.ReadAllText(attributes).Contains("filter=lfs", StringComparison.Ordinal)
            ?
            [
                "-c",
                "filter.lfs.process=git-lfs filter-process",
                "-c",
                "filter.lfs.smudge=git-lfs smudge -- %f",
                "-c",
                "filter.lfs.clean=git-lfs clean -- %f",
                "-c",
                "filter.lfs.required=true",
            ]
            : [];
    }
}
