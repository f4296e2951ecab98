using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// Plumbing, so that no diff driver of anyone runs.
internal static class CommitDiff
{
    public static async Task<IReadOnlyList<FileChange>> ReadAsync(
        GitRepository repository,
        string from,
        string to,
        CancellationToken cancellationToken
    )
    {
        GitResult answer = await repository
            .RunAsync(
                cancellationToken,
                [
                    .. "diff-tree -r -z --raw --numstat -M --no-ext-diff --no-textconv --no-commit-id".Split(' '),
                    from,
                    to,
                ]
            )
            .ConfigureAwait(false);
        return DiffParser.Parse(answer.Fields);
    }

    public static async Task<string> ReadPatchAsync(
        GitRepository repository,
        string from,
        string to,
        CancellationToken cancellationToken
    ) =>
        (
            await repository
                .RunAsync(
                    cancellationToken,
                    [
                        .. (
                            "diff-tree -p -M --binary --full-index --no-ext-diff --no-textconv --no-color "
                            + "--no-commit-id"
                        ).Split(' '),
                        from,
                        to,
                    ]
                )
                .ConfigureAwait(false)
        ).Output;
}
