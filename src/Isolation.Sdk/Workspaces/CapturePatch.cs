using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>The patch of a capture, read when it is wanted: it may be long.</summary>
public static class CapturePatch
{
    /// <summary>Reads what a worker changed as one patch, binary files included; <c>git apply</c> takes it.</summary>
    /// <param name="capture">The capture.</param>
    /// <param name="repository">The repository it is pinned in.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IsolationException">ISO0201: the commits are not in this repository.</exception>
    public static async Task<string> ReadPatchAsync(
        this Capture capture,
        RepositoryRef repository,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(repository);
        if (capture.IsEmpty)
        {
            return "";
        }

        GitRepository opened = await GitOpener.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false);
        return (
            await opened
                .RunAsync(
                    cancellationToken,
                    "diff-tree",
                    "-p",
                    "-M",
                    "--binary",
                    "--full-index",
                    "--no-ext-diff",
                    "--no-textconv",
                    "--no-color",
                    "--no-commit-id",
                    capture.BaseCommit,
                    capture.Commit
                )
                .ConfigureAwait(false)
        ).Output;
    }
}
