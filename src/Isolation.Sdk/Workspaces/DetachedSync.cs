using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

// In the worker's own temp folder: a git directory with the objects and nothing else, and a sparse work tree without
// files. A conflict ends with it.
internal sealed class DetachedSync(GitRepository repository, WorkspaceInfo info, IStateScope scope) : IDisposable
{
    private readonly string _folder = Path.Combine(scope.Info.Temp, $"sync-{Guid.NewGuid():n}");

    private string Git => Path.Combine(_folder, "git");

    private string Tree => Path.Combine(_folder, "tree");

    // Nothing is run or asked, and the worker's own name stays.
    public static Dictionary<string, string> BaseEnvironment(GitRepository repository)
    {
        Dictionary<string, string> environment = new()
        {
            ["LC_ALL"] = "C",
            ["GIT_OPTIONAL_LOCKS"] = "0",
            ["GIT_NO_REPLACE_OBJECTS"] = "1",
            ["GIT_EDITOR"] = ":",
            ["GIT_SEQUENCE_EDITOR"] = ":",
        };
        GitEnvironment.AddConfig(
            environment,
            [.. GitLfs.Config(repository).Where(e => !e.Key.StartsWith("user.", StringComparison.OrdinalIgnoreCase))]
        );
        return environment;
    }

    // The new tip; or null and the paths that collided.
    public async Task<(string? Tip, IReadOnlyList<string> Collided)> TryAsync(
        SyncMode mode,
        string head,
        string with,
        string message,
        CancellationToken cancellationToken
    )
    {
        Prepare(head);
        Dictionary<string, string> environment = Environment();
        ScopeGit git = new(
            scope,
            Tree,
            WorkspaceCodes.SyncFailed,
            "The branch, index and files are as they were; run it by hand in the workspace to see more."
        );
        await git.RunAsync(environment, cancellationToken, "read-tree", "-m", "-u", head).ConfigureAwait(false);
        string[] arguments =
            mode == SyncMode.Merge
                ? ["merge", "--quiet", "--no-ff", "--no-edit", "--no-verify", "-m", message, with]
                : ["rebase", "--quiet", "--merge", "--no-autostash", "--no-fork-point", "--no-verify", with];
        ExecResult answer = await git.TryAsync(environment, cancellationToken, arguments).ConfigureAwait(false);
        if (answer.ExitCode == 0)
        {
            string tip = await git.RunAsync(environment, cancellationToken, "rev-parse", "--verify", "HEAD^{commit}")
                .ConfigureAwait(false);
            return (tip.Trim(), []);
        }

        string unmerged = await git.RunAsync(environment, cancellationToken, "ls-files", "--unmerged", "-z")
            .ConfigureAwait(false);
        string[] collided =
        [
            .. new GitResult(0, unmerged, "").Fields.Select(f => f[(f.IndexOf('\t') + 1)..]).Distinct(),
        ];
        return collided.Length > 0 ? (null, collided) : throw git.Failed(arguments[0], answer);
    }

    public void Dispose() => SafeDelete.DeleteTree(_folder);

    private void Prepare(string head)
    {
        Directory.CreateDirectory(Tree);
        BareRepositoryWriter.Write(Git, repository, head, [], "sparseCheckout = true", "sparseCheckoutCone = false");
        Directory.CreateDirectory(Path.Combine(Git, "info"));
        File.WriteAllText(Path.Combine(Git, "info", "sparse-checkout"), "/.none\n");
    }

    private Dictionary<string, string> Environment()
    {
        // A linked worktree has its objects in the repository, a clone its own.
        string shared = File.Exists(Path.Combine(info.GitDirectory, "commondir"))
            ? repository.CommonDirectory
            : info.GitDirectory;
        Dictionary<string, string> environment = BaseEnvironment(repository);
        environment["GIT_DIR"] = Git;
        environment["GIT_WORK_TREE"] = Tree;
        environment["GIT_OBJECT_DIRECTORY"] = Path.Combine(shared, "objects");
        environment["GIT_SHALLOW_FILE"] = Path.Combine(shared, "shallow");
        return environment;
    }
}
