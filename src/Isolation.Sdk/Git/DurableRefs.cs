namespace Isolation.Sdk.Git;

internal static class DurableRefs
{
    // Git's default syncs neither loose objects nor refs; a writer that holds a ref for a moment is waited for.
    public const string FullSync = "'core.fsync=all' 'core.filesRefLockTimeout=2000' 'core.packedRefsTimeout=5000'";

    public static async Task<string?> UpdateDurablyAsync(
        this GitRepository repository,
        RefTransaction transaction,
        CancellationToken cancellationToken
    )
    {
        GitCommand update = GitCommand.In(repository.CommonDirectory, "update-ref", "--stdin", "-z") with
        {
            Input = transaction.ToInput(),
            Environment = Durable,
        };
        cancellationToken.ThrowIfCancellationRequested();

        // Not cancelled once begun: a git that is killed here leaves its locks behind.
        GitResult answer = await repository.Client.TryRunAsync(update, CancellationToken.None).ConfigureAwait(false);
        if (answer.Ok && answer.Output.Contains("commit: ok"))
        {
            return null;
        }

        return RefusedRef(answer.Error) ?? throw GitClient.Failed(update, answer);
    }

    public static async Task<string> CommitTreeAsync(
        this GitRepository repository,
        string tree,
        IReadOnlyList<string> parents,
        string message,
        CancellationToken cancellationToken
    )
    {
        GitCommand commit = GitCommand.In(
            repository.CommonDirectory,
            ["commit-tree", tree, .. parents.SelectMany(p => new[] { "-p", p })]
        ) with
        {
            Input = message,
            Environment = Durable,
        };
        return (await repository.Client.RunAsync(commit, cancellationToken).ConfigureAwait(false)).Line;
    }

    internal static string? RefusedRef(string error)
    {
        const string Before = "cannot lock ref '";
        int start = error.IndexOf(Before, StringComparison.Ordinal);
        int end = start < 0 ? -1 : error.IndexOf('\'', start + Before.Length);
        return end > 0 && GitRefs.IsRace(error) ? error[(start + Before.Length)..end] : null;
    }

    public static IReadOnlyDictionary<string, string> Durable =>
        new Dictionary<string, string> { ["GIT_CONFIG_PARAMETERS"] = FullSync };
}
