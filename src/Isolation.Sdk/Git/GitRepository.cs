namespace Isolation.Sdk.Git;

/// <summary>A repository that was met and trusted.</summary>
/// <param name="Client">Runs git in its pinned environment.</param>
/// <param name="CommonDirectory">What makes it this repository: the common git directory, absolute.</param>
/// <param name="GitDirectory">The git directory of the checkout it was opened by.</param>
/// <param name="TopLevel">The work tree it was opened by; <see langword="null"/> for a bare repository.</param>
/// <param name="IsBare">Whether it has no work tree of its own.</param>
/// <param name="ObjectFormat"><c>sha1</c> or <c>sha256</c>.</param>
internal sealed record GitRepository(
    GitClient Client,
    string CommonDirectory,
    string GitDirectory,
    string? TopLevel,
    bool IsBare,
    string ObjectFormat
)
{
    // What the library keeps inside the repository: leases, queues, locks.
    public string IsolationDirectory => Path.Combine(CommonDirectory, "isolation");

    // The lock around everything that reads or writes all worktrees at once: concurrent 'git worktree add' fails
    // without it.
    public string WorktreeLock => Path.Combine(IsolationDirectory, "worktrees.lock");

    public string NullId => new('0', ObjectFormat == "sha256" ? 64 : 40);

    public RepositoryRef Reference => new(TopLevel ?? CommonDirectory);

    // Runs git in the common git directory: it needs no work tree and reads none.
    public Task<GitResult> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Client.RunAsync(new GitCommand(CommonDirectory, arguments), cancellationToken);

    public Task<GitResult> TryRunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Client.TryRunAsync(new GitCommand(CommonDirectory, arguments), cancellationToken);

    /// <summary>Whether a commit is contained in another, or is the same.</summary>
    public async Task<bool> IsAncestorAsync(string older, string newer, CancellationToken cancellationToken) =>
        (await TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", older, newer).ConfigureAwait(false)).Ok;
}
