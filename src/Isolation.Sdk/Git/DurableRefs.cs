namespace Isolation.Sdk.Git;

internal static class DurableRefs
{
    // Git's default syncs neither loose objects nor refs; a writer that holds a ref for a moment is waited for.
    public const string FullSync = "'core.fsync=all' 'core.filesRefLockTimeout=2000' 'core.packedRefsTimeout=5000'";

    private static Dictionary<string, string> Durable => new() { ["GIT_CONFIG_PARAMETERS"] = FullSync };

    public static Task<string?> UpdateDurablyAsync(
        this GitRepository repository,
        RefTransaction transaction,
        CancellationToken cancellationToken
    ) => repository.UpdateAsync(transaction, Durable, cancellationToken);

    public static Task<string> CommitTreeAsync(
        this GitRepository repository,
        string tree,
        IEnumerable<string> parents,
        string message,
        CancellationToken cancellationToken,
        Dictionary<string, string>? author = null
    ) =>
        repository.WriteObjectAsync(
            message,
            cancellationToken,
            ["commit-tree", tree, .. parents.SelectMany(p => new[] { "-p", p })],
            author
        );

    public static async Task<string> WriteObjectAsync(
        this GitRepository repository,
        string input,
        CancellationToken cancellationToken,
        IReadOnlyList<string> arguments,
        Dictionary<string, string>? environment = null
    )
    {
        GitCommand write = new(repository.CommonDirectory, arguments)
        {
            Input = input,
            Environment = Durable.Concat(environment ?? []).ToDictionary(),
        };
        return (await repository.Client.RunAsync(write, cancellationToken).ConfigureAwait(false)).Line;
    }

    internal static string? RefusedRef(string error)
    {
        const string Before = "cannot lock ref '";
        int start = error.IndexOf(Before, StringComparison.Ordinal);
        int end = start < 0 ? -1 : error.IndexOf('\'', start + Before.Length);
        return end > 0 && GitRefs.IsRace(error) ? error[(start + Before.Length)..end] : null;
    }
}
