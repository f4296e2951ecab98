using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

// A setting, a variable or a file can lead git out of the workspace that it is run in. Nobody knows them all but git:
// it is asked in the worker's own scope, and what it says is compared.
internal sealed class WorkspaceVerifier(GitRepository repository)
{
    private static readonly string[] Question = (
        "rev-parse --path-format=absolute --show-toplevel --absolute-git-dir --git-common-dir --git-path index "
        + "--git-path hooks --symbolic-full-name HEAD"
    ).Split(' ');

    /// <param name="workspace">The workspace as it was made.</param>
    /// <param name="scope">The worker's state.</param>
    /// <param name="untouched">Whether nothing has run in it yet: a setup command may have made a branch.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="IsolationException">ISO0918: git is led somewhere else.</exception>
    public async Task VerifyAsync(
        WorkspaceInfo workspace,
        IStateScope scope,
        bool untouched,
        CancellationToken cancellationToken
    )
    {
        ExecResult answer = await scope
            .ExecAsync(new WorkerCommand("git", Question) { Directory = workspace.Path }, cancellationToken)
            .ConfigureAwait(false);
        string[] seen = answer.Output.TrimEnd('\n').Split('\n');
        if (answer.ExitCode != 0 || seen.Length != 6)
        {
            throw Redirected(workspace, $"says: {PlainText.SingleLine(answer.Error + answer.Output, 500)}");
        }

        string git = RealPath.Of(workspace.GitDirectory),
            shared = RealPath.Of(repository.CommonDirectory);
        (string What, string Seen, bool Holds)[] answers =
        [
            ("the top level", seen[0], RealPath.Of(seen[0]) == RealPath.Of(workspace.Path)),
            ("the git directory", seen[1], RealPath.Of(seen[1]) == git),
            (
                "the common directory",
                seen[2],
                RealPath.Of(seen[2]) is var common && (common == shared || common == git)
            ),
            ("the index", seen[3], RealPath.Of(Path.GetDirectoryName(seen[3])!) == git),
            ("the hooks", seen[4], !LeadsIntoCheckout(RealPath.Of(seen[4]), git, shared)),
            ("HEAD", seen[5], !untouched || seen[5] == (workspace.Branch is { } b ? RefNames.OfBranch(b) : "HEAD")),
        ];
        if (answers.FirstOrDefault(a => !a.Holds) is { What: { } what } wrong)
        {
            throw Redirected(workspace, $"takes '{wrong.Seen}' for {what}");
        }
    }

    private bool LeadsIntoCheckout(string hooks, string git, string shared) =>
        repository.TopLevel is { } top
        && FileSearch.Contains(RealPath.Of(top), hooks)
        && !FileSearch.Contains(git, hooks)
        && hooks != Path.Combine(shared, "hooks");

    private static IsolationException Redirected(WorkspaceInfo workspace, string what) =>
        new(
            GuardCodes.Redirected,
            $"With the worker's environment, git in '{workspace.Path}' {what}.",
            "Run 'git config --list --show-origin' in the repository: remove core.worktree, core.bare and the like, or "
                + "move them to the main work tree with 'git config --worktree'. Set no GIT_* variables in the sandbox."
        )
        {
            Stage = Stage.Context,
        };
}
