using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

internal sealed class TemplateGit(GitRepository repository, string files, string index)
{
    // The copies' stat data is written into the plain format.
    private static readonly KeyValuePair<string, string>[] Pinned =
    [
        new("index.version", "2"),
        new("index.sparse", "false"),
        new("index.skipHash", "false"),
        new("core.splitIndex", "false"),
        new("core.sparseCheckout", "false"),
        new("core.trustctime", "true"),
        new("core.checkStat", "default"),
        new("feature.manyFiles", "false"),
    ];

    public static GitSettings SeveralWriters { get; } = [new("checkout.workers", "0")];

    public Task WriteAsync(string commit, CancellationToken cancellationToken) =>
        RunAsync(null, cancellationToken, "read-tree", "-m", "-u", commit);

    // Fails when a file that would be written was altered.
    public Task MoveAsync(string from, string to, CancellationToken cancellationToken) =>
        RunAsync(null, cancellationToken, "read-tree", "-m", "-u", from, to);

    public Task RestoreAsync(string paths, CancellationToken cancellationToken) =>
        RunAsync(paths, cancellationToken, "checkout-index", "--force", "--index", "-z", "--stdin");

    public async Task<string> TreeOfAsync(string commit, CancellationToken cancellationToken) =>
        (
            await repository
                .RunAsync(cancellationToken, "rev-parse", "--verify", commit + "^{tree}")
                .ConfigureAwait(false)
        ).Line;

    public async Task<string> WriteTreeAsync(CancellationToken cancellationToken) =>
        (await RunAsync(null, cancellationToken, "write-tree").ConfigureAwait(false)).Line;

    private Task<GitResult> RunAsync(string? input, CancellationToken cancellationToken, params string[] arguments)
    {
        Dictionary<string, string> environment = new(
            GitLfs.Environment(repository, [.. Pinned, .. SeveralWriters]),
            StringComparer.Ordinal
        )
        {
            ["GIT_DIR"] = repository.CommonDirectory,
            ["GIT_WORK_TREE"] = files,
            ["GIT_INDEX_FILE"] = index,
        };
        return repository.Client.RunAsync(
            new GitCommand(files, arguments)
            {
                Environment = environment,
                Input = input,
                Remote = repository.IsPartial,
            },
            cancellationToken
        );
    }
}
