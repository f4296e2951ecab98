using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>Writes the files of HEAD into a new worktree, outside of any lock.</summary>
internal static class WorkspaceFiller
{
    /// <param name="repository">The repository.</param>
    /// <param name="path">The work tree.</param>
    /// <param name="settings">On top of what every such command gets.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task FillAsync(GitRepository repository, string path, IReadOnlyList<KeyValuePair<string, string>> settings, CancellationToken cancellationToken)
    {
        GitCommand fill = GitCommand.In(path, "reset", "--hard", "--quiet") with { Environment = Lfs.Environment(repository, settings), Remote = Lfs.IsSetUp(repository) };
        GitResult answer = await repository.Client.TryRunAsync(fill, cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            return;
        }

        string said = answer.Error.Trim().ReplaceLineEndings(" ");

        // A filter process that cannot be started shows as nothing but a connection that broke.
        bool lfs = new[] { "filter 'lfs'", "filter lfs", "git-lfs", "hung up unexpectedly" }.Any(sign => said.Contains(sign, StringComparison.Ordinal));
        throw lfs
            ? new IsolationException(WorkspaceCodes.LfsMissing, "The base commit has files in Git LFS, and git-lfs could not give their content.", "Install git-lfs and run 'git lfs install' for the user who runs this.")
            : new IsolationException(WorkspaceCodes.CheckoutFailed, $"The files could not be written: {said}", "Look for a full disk or missing rights, then start again: nothing is left of this workspace.");
    }
}
