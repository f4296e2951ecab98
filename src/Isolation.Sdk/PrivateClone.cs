using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk;

/// <summary>
/// A clone to work in and throw away: no pipeline, no options. Its objects are borrowed from the repository, everything
/// else is its own, and nothing done in it shows in the repository. Disposing it removes it with all that was committed
/// there; <c>git fetch &lt;path&gt; HEAD</c> takes over what is worth keeping, if you trust who worked there.
/// </summary>
public sealed class PrivateClone : IAsyncDisposable
{
    private readonly StandaloneWorkspace _workspace;

    private PrivateClone(StandaloneWorkspace workspace) => _workspace = workspace;

    /// <summary>The absolute path of the work tree.</summary>
    public string Path => _workspace.Info.Path;

    /// <summary>The branch it is on, short form; the repository has none of that name.</summary>
    public string Branch => _workspace.Info.Branch!;

    /// <summary>The commit it started from.</summary>
    public string BaseCommit => _workspace.Info.BaseCommit;

    /// <summary>
    /// Makes a clone in the folder <c>&lt;repository&gt;.workers</c> beside the repository. What a killed process left
    /// of its own there is removed on the way.
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
    public static async Task<PrivateClone> CreateAsync(
        string repositoryPath,
        string revision = "HEAD",
        CancellationToken cancellationToken = default
    ) =>
        new(
            await StandaloneWorkspace
                .CreateAsync(
                    repositoryPath,
                    revision,
                    repositories => new PrivateCloneProvider(
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
