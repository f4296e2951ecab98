using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>
/// A worktree to work in and throw away: no pipeline, no options. Disposing it removes the directory, its branch and
/// everything git knew of it; commits worth keeping go onto another branch first.
/// </summary>
public sealed class GitWorktree : IAsyncDisposable
{
    private readonly StandaloneWorkspace _workspace;

    private GitWorktree(StandaloneWorkspace workspace) => _workspace = workspace;

    /// <summary>The absolute path of the work tree.</summary>
    public string Path => _workspace.Info.Path;

    /// <summary>Its branch, short form; nobody else's.</summary>
    public string Branch => _workspace.Info.Branch!;

    /// <summary>The commit it started from.</summary>
    public string BaseCommit => _workspace.Info.BaseCommit;

    /// <summary>
    /// Makes a worktree in the folder <c>&lt;repository&gt;.workers</c> beside the repository. What a killed process
    /// left of its own there is removed on the way.
    /// </summary>
    /// <param name="repositoryPath">
    /// A checkout, a linked worktree or a bare repository; relative paths start at the process's current directory.
    /// </param>
    /// <param name="revision">
    /// Where to start: anything git takes for a commit. <value>HEAD, as <paramref name="repositoryPath"/> sees
    /// it.</value>
    /// </param>
    /// <param name="cancellationToken">Ends the work and rolls it back.</param>
    /// <exception cref="IsolationException">
    /// ISO0204: not a repository. ISO0206: no such commit. ISO0207: no commit yet. ISO0301: the folder is not writable.
    /// </exception>
    public static async Task<GitWorktree> CreateAsync(
        string repositoryPath,
        string revision = "HEAD",
        CancellationToken cancellationToken = default
    ) =>
        new(
            await StandaloneWorkspace
                .CreateAsync(
                    repositoryPath,
                    revision,
                    repositories => new GitWorktreeProvider(
                        new WorkspaceOptions(),
                        TimeProvider.System,
                        null,
                        repositories
                    )
                    {
                        MakesTemplates = false,
                    },
                    cancellationToken
                )
                .ConfigureAwait(false)
        );

    /// <summary>Removes it, with everything that is in it. A second call does nothing.</summary>
    public ValueTask DisposeAsync() => _workspace.DisposeAsync();
}
