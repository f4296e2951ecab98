namespace Isolation.Sdk.Git;

internal sealed record GitRepository(
    GitClient Client,
    string CommonDirectory,
    string GitDirectory,
    string? TopLevel,
    bool IsBare,
    string ObjectFormat
)
{
    // Whether objects that are not here are fetched when they are needed.
    public bool IsPartial { get; init; }

    public string IsolationDirectory => Path.Combine(CommonDirectory, "isolation");

    // Concurrent 'git worktree add' fails without it.
    public string WorktreeLock => Path.Combine(IsolationDirectory, "worktrees.lock");

    public string NullId => new('0', ObjectFormat == "sha256" ? 64 : 40);

    public RepositoryRef Reference => new(TopLevel ?? CommonDirectory);

    public Task<GitResult> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Client.RunAsync(new GitCommand(CommonDirectory, arguments) { Remote = IsPartial }, cancellationToken);

    public Task<GitResult> TryRunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Client.TryRunAsync(new GitCommand(CommonDirectory, arguments) { Remote = IsPartial }, cancellationToken);

    public async Task<bool> IsAncestorAsync(string older, string newer, CancellationToken cancellationToken) =>
        (await TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", older, newer).ConfigureAwait(false)).Ok;
}
