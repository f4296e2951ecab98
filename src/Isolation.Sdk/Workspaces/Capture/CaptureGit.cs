using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

// A private index always, and a private git directory where the worker's cannot be trusted.
internal sealed class CaptureGit(GitRepository repository, WorkspaceInfo info, IStateScope scope, bool isTrusted)
    : IDisposable
{
    private readonly string _private = Path.Combine(scope.Info.Temp, $"capture-{Guid.NewGuid():n}");
    private readonly ScopeGit _git = new(
        scope,
        info.Path,
        WorkspaceCodes.CaptureFailed,
        "Look at the workspace, which is kept, and capture again."
    );

    public bool IsTrusted => isTrusted;

    public bool ComparesContent { get; set; }

    // What the worker left HEAD at, if that can be read.
    public string? Head { get; set; }

    // Nothing is written into a repository of the worker's own by looking at it.
    public string Objects => Path.Combine(info.HasOwnRepository ? PrivateGit : repository.CommonDirectory, "objects");

    // Modified as they were checked out: not the worker's doing.
    public IReadOnlyList<string> Unchanged { get; set; } = [];

    private string Index => Path.Combine(_private, "index");

    private string PrivateGit => Path.Combine(_private, "git");

    // Its settings are the worker's, as all else in there; so this runs in the worker's scope.
    public async Task<bool> IsDirtyAsync(string workTree, string gitDirectory, CancellationToken cancellationToken)
    {
        Dictionary<string, string> environment = With(GitLfs.Config(repository));
        (environment["GIT_DIR"], environment["GIT_WORK_TREE"]) = (gitDirectory, workTree);
        ExecResult answer = await _git.TryAsync(
                environment,
                cancellationToken,
                [.. "status --porcelain -z --untracked-files=normal --ignore-submodules=all".Split(' '), "--", workTree]
            )
            .ConfigureAwait(false);
        return answer.ExitCode != 0 || answer.Output.Length > 0;
    }

    // null when git cannot read it.
    public async Task<GitStatus?> TryStatusAsync(CancellationToken cancellationToken)
    {
        ExecResult answer = await _git.TryAsync(
                Trusted(),
                cancellationToken,
                [
                    .. (
                        "status --porcelain=v2 --branch -z --untracked-files=all --ignored=matching "
                        + "--ignore-submodules=dirty --no-renames"
                    ).Split(' '),
                ]
            )
            .ConfigureAwait(false);
        if (answer.ExitCode != 0)
        {
            return null;
        }

        // Its end is cut off somewhere, and so many changes are changes anyway.
        string output =
            answer.Output.Length < ExecResult.MaxLength
                ? answer.Output
                : answer.Output[..(answer.Output.LastIndexOf('\0') + 1)];
        return GitStatus.Parse(new GitResult(0, output, "").Fields);
    }

    public async Task<string?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        string file = Path.Combine(info.GitDirectory, "HEAD");
        string text = File.Exists(file)
            ? (await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false)).Trim()
            : "";
        string name = text.StartsWith("ref: ", StringComparison.Ordinal) ? text[5..] : text;
        bool plausible =
            name.StartsWith("refs/", StringComparison.Ordinal)
            || (name.Length == repository.NullId.Length && name.All(char.IsAsciiHexDigitLower));
        return plausible ? await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false) : null;
    }

    public async Task<string?> TryOwnHeadAsync(CancellationToken cancellationToken)
    {
        ExecResult answer = await _git.TryAsync(
                Trusted(),
                cancellationToken,
                [.. "rev-parse --verify --quiet".Split(' '), "HEAD^{commit}"]
            )
            .ConfigureAwait(false);
        return answer.ExitCode == 0 && answer.Output.Trim() is { Length: >= 40 } id ? id : null;
    }

    public async Task<string?> TryTreeOfAsync(string commit, CancellationToken cancellationToken)
    {
        ExecResult answer = await _git.TryAsync(
                Untrusted(commit),
                cancellationToken,
                "rev-parse",
                "--verify",
                "--quiet",
                $"{commit}^{{tree}}"
            )
            .ConfigureAwait(false);
        return answer.ExitCode == 0 ? answer.Output.Trim() : null;
    }

    public async Task<string> WriteWorkTreeAsync(
        bool readable,
        string head,
        IReadOnlyList<string> strangers,
        IReadOnlyList<string> nested,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(_private);
        Dictionary<string, string> environment = readable ? Trusted() : Untrusted(head);
        environment["GIT_INDEX_FILE"] = Index;
        AddExcludes(environment, [.. strangers, .. nested]);
        string[] add = Unchanged.Count == 0 ? ["add", "--all", "--", ":/"] : AddOthers();
        // What it says is stored may be gone with what HEAD is.
        bool copied = (readable || !info.HasOwnRepository) && TryCopyIndex();
        if (!copied || (await _git.TryAsync(environment, cancellationToken, add).ConfigureAwait(false)).ExitCode != 0)
        {
            // Its index is gone or broken: start from HEAD, and take what lies there.
            File.Delete(Index);
            File.Delete(Index + ".lock");
            await _git.RunAsync(environment, cancellationToken, "read-tree", head).ConfigureAwait(false);
            await _git.RunAsync(environment, cancellationToken, add).ConfigureAwait(false);
        }

        return await WithoutAsync(environment, strangers, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> WriteTreeWithoutAsync(
        string commit,
        IReadOnlyList<string> strangers,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(_private);
        Dictionary<string, string> environment = Untrusted(commit);
        environment["GIT_INDEX_FILE"] = Index;
        await _git.RunAsync(environment, cancellationToken, "read-tree", commit).ConfigureAwait(false);
        return await WithoutAsync(environment, strangers, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> CommitAsync(
        string tree,
        string parent,
        string message,
        CancellationToken cancellationToken
    ) =>
        (
            await _git.RunAsync(Untrusted(parent), cancellationToken, "commit-tree", tree, "-p", parent, "-m", message)
                .ConfigureAwait(false)
        ).Trim();

    public void Dispose() => SafeDelete.DeleteTree(_private);

    // An altered repository's index may be another worker's, and a pipe in its place would never end.
    private bool TryCopyIndex()
    {
        FileInfo theirs = new(Path.Combine(info.GitDirectory, "index"));
        if (
            !theirs.Exists
            || theirs.LinkTarget is not null
            || theirs.Length == 0
            || (info.HasOwnRepository && !isTrusted)
        )
        {
            return false;
        }

        theirs.CopyTo(Index);
        if (ComparesContent)
        {
            // To git a file that is not older than the index may have changed in the index's own second: it looks into
            // it.
            File.SetLastWriteTimeUtc(Index, DateTime.UnixEpoch.AddSeconds(1));
        }

        return true;
    }

    // So that its content does not even reach the object store.
    private void AddExcludes(Dictionary<string, string> environment, string[] paths)
    {
        if (paths.Length > 0)
        {
            string file = Path.Combine(_private, "exclude");
            File.WriteAllLines(
                file,
                paths.Select(p =>
                    "/"
                    + string.Concat(
                        p.Select(c =>
                            c is '*' or '?' or '[' or ']' or '\\' or ' ' or '!' or '#' ? $"\\{c}" : c.ToString()
                        )
                    )
                )
            );
            // It stands in for the copy in the worker's home.
            File.AppendAllText(file, repository.Client.Environment.ReadExcludes() + "\n");
            int count = int.Parse(environment["GIT_CONFIG_COUNT"], CultureInfo.InvariantCulture);
            environment[$"GIT_CONFIG_KEY_{count}"] = "core.excludesFile";
            environment[$"GIT_CONFIG_VALUE_{count}"] = file;
            environment["GIT_CONFIG_COUNT"] = (count + 1).ToString(CultureInfo.InvariantCulture);
        }
    }

    private async Task<string> WithoutAsync(
        Dictionary<string, string> environment,
        IReadOnlyList<string> strangers,
        CancellationToken cancellationToken
    )
    {
        if (strangers.Count > 0)
        {
            await _git.RunAsync(
                    environment,
                    cancellationToken,
                    [
                        .. "rm -r --cached --quiet --force --ignore-unmatch --".Split(' '),
                        .. strangers.Select(p => $":(top,literal){p}"),
                    ]
                )
                .ConfigureAwait(false);
        }

        return (await _git.RunAsync(environment, cancellationToken, "write-tree").ConfigureAwait(false)).Trim();
    }

    // In a repository of its own, no setting says where its work tree or its other half is.
    private Dictionary<string, string> Trusted()
    {
        Dictionary<string, string> environment = With(GitLfs.Config(repository));
        if (info.HasOwnRepository)
        {
            environment["GIT_DIR"] = environment["GIT_COMMON_DIR"] = info.GitDirectory;
            environment["GIT_WORK_TREE"] = info.Path;
            MakePrivate(head: "");
            environment["GIT_OBJECT_DIRECTORY"] = Objects;
        }

        return environment;
    }

    // Its config is ours, it knows no filter, and it has nothing of the repository but the objects.
    private Dictionary<string, string> Untrusted(string head)
    {
        MakePrivate(head);
        Dictionary<string, string> environment = With(repository.Client.Environment.Config);
        environment["GIT_DIR"] = PrivateGit;
        environment["GIT_WORK_TREE"] = info.Path;
        environment["GIT_OBJECT_DIRECTORY"] = Objects;
        return environment;
    }

    private void MakePrivate(string head)
    {
        string[] borrowed =
            !info.HasOwnRepository ? []
            : isTrusted ? [Path.Combine(info.GitDirectory, "objects")]
            : [Path.Combine(repository.CommonDirectory, "objects")];
        BareRepositoryWriter.Write(PrivateGit, repository, head, borrowed);
    }

    private Dictionary<string, string> With(GitSettings config)
    {
        Dictionary<string, string> environment = repository
            .Client.Environment.For(remote: false)
            .Where(e => e.Key.StartsWith("GIT_", StringComparison.Ordinal) || e.Key == "LC_ALL")
            .ToDictionary();
        GitEnvironment.AddConfig(environment, config);
        return environment;
    }

    private string[] AddOthers()
    {
        string file = Path.Combine(_private, "others");
        File.WriteAllText(file, ":/\0" + string.Concat(Unchanged.Select(p => $":(exclude,top,literal){p}\0")));
        return ["add", "--all", $"--pathspec-from-file={file}", "--pathspec-file-nul"];
    }
}
