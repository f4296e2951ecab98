using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Fills the submodules of a work tree from what the repository has of them, at the commits that the tree names, nested
// ones too. Nothing is fetched, and nothing that the repository's content says is run.
internal sealed class SubmoduleCheckout(GitRepository repository)
{
    private const int MaxDepth = 8;
    private readonly SubmoduleList _list = new(repository);

    // A remote is the worker's where it can reach the repository's own anyway.
    public bool KeepsOrigin { get; init; } = true;

    public async Task<IReadOnlyList<FilledSubmodule>> FillAsync(WorkspaceInfo info, CancellationToken cancellationToken)
    {
        List<FilledSubmodule> filled = [];
        if (SubmoduleList.IsIn(info.Path))
        {
            Place top = new("", info.Path, info.GitDirectory, repository.CommonDirectory, "");
            await FillAsync(top, filled, 0, cancellationToken).ConfigureAwait(false);
        }

        return filled;
    }

    private async Task FillAsync(
        Place place,
        List<FilledSubmodule> filled,
        int depth,
        CancellationToken cancellationToken
    )
    {
        (string Name, string Path)[] known =
        [
            .. (await _list.ReadAsync(place.WorkTree, cancellationToken).ConfigureAwait(false)).Where(s =>
                ModuleDirectories.Exists(ModuleDirectories.Of(place.Source, s.Name))
                && !ModuleDirectories.IsInsideAnother(place.Source, s.Name)
            ),
        ];
        if (known.Length == 0 || depth == MaxDepth)
        {
            return;
        }

        GitSettings settings = await _list
            .ReadConfigAsync(Path.Combine(place.Source, "config"), cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyDictionary<string, string> links = await _list
            .ReadLinksAsync(place.WorkTree, place.GitDirectory, known.Select(s => s.Path), cancellationToken)
            .ConfigureAwait(false);
        foreach ((string name, string path) in known)
        {
            string workTree = Path.Combine(place.WorkTree, path);
            if (
                links.TryGetValue(path, out string? commit)
                && IsInitialized(place.Source, name, settings)
                && IsPlainFolder(place.WorkTree, path)
                && !Directory.EnumerateFileSystemEntries(workTree).Any()
            )
            {
                Place below = new(
                    $"{place.Path}{path}/",
                    workTree,
                    ModuleDirectories.Of(place.GitDirectory, name),
                    ModuleDirectories.Of(place.Source, name),
                    $"{place.Module}modules/{name}/"
                );
                await CheckOutAsync(below, commit, cancellationToken).ConfigureAwait(false);
                filled.Add(new FilledSubmodule(below.Path.TrimEnd('/'), below.Module.TrimEnd('/'), commit));
                await FillAsync(below, filled, depth + 1, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task CheckOutAsync(Place place, string commit, CancellationToken cancellationToken)
    {
        GitSettings settings = await _list
            .ReadConfigAsync(Path.Combine(place.Source, "config"), cancellationToken)
            .ConfigureAwait(false);
        new SubmoduleWriter(SubmoduleModule.Of(repository, place.Source, settings), place.Source, KeepsOrigin).Write(
            place.GitDirectory,
            place.WorkTree,
            commit,
            settings
        );
        GitCommand fill = GitCommand.In(place.WorkTree, "reset", "--hard", "--quiet") with
        {
            Environment = new Dictionary<string, string>(GitLfs.Environment(repository, TemplateGit.SeveralWriters))
            {
                ["GIT_DIR"] = place.GitDirectory,
                ["GIT_WORK_TREE"] = place.WorkTree,
                ["GIT_NO_LAZY_FETCH"] = "1",
            },
            Remote = GitLfs.IsSetUp(repository),
        };
        GitResult answer = await repository.Client.TryRunAsync(fill, cancellationToken).ConfigureAwait(false);
        if (!answer.Ok)
        {
            string path = PlainText.SingleLine(place.Path.TrimEnd('/'), 200);
            throw new IsolationException(
                WorkspaceCodes.SubmoduleIncomplete,
                $"The submodule '{path}' cannot be filled with {commit}: {PlainText.SingleLine(answer.ErrorLine, 300)}",
                "Run 'git submodule update --init --recursive' in the repository: workspaces take what is there."
            );
        }
    }

    // What the checkout has and the repository was never asked to keep.
    public async Task<IReadOnlyList<string>> FindEmptyAsync(CancellationToken cancellationToken)
    {
        if (repository.TopLevel is not { } top || !SubmoduleList.IsIn(top))
        {
            return [];
        }

        GitSettings settings = await _list
            .ReadConfigAsync(Path.Combine(repository.CommonDirectory, "config"), cancellationToken)
            .ConfigureAwait(false);
        return
        [
            .. (await _list.ReadAsync(top, cancellationToken).ConfigureAwait(false))
                .Where(s => !IsInitialized(repository.CommonDirectory, s.Name, settings))
                .Select(s => s.Path),
        ];
    }

    private static bool IsInitialized(string gitDirectory, string name, GitSettings settings) =>
        ModuleDirectories.Exists(ModuleDirectories.Of(gitDirectory, name))
        && settings.Any(s => s.Key.StartsWith($"submodule.{name}.", StringComparison.Ordinal));

    // Makes them empty again; false when a link leads elsewhere by now.
    public static bool TryClear(string workTree, string? gitDirectory, IReadOnlyList<FilledSubmodule> filled)
    {
        string[] outer =
        [
            .. filled
                .Select(f => f.Path)
                .Where(p => !filled.Any(f => p.StartsWith(f.Path + "/", StringComparison.Ordinal))),
        ];
        if (outer.Any(p => !IsPlainFolder(workTree, p)))
        {
            return false;
        }

        foreach (string path in outer.Select(p => Path.Combine(workTree, p)))
        {
            SafeDelete.DeleteTree(path);
            Directory.CreateDirectory(path);
        }

        if (gitDirectory is not null && filled.Count > 0)
        {
            SafeDelete.DeleteTree(Path.Combine(gitDirectory, "modules"));
        }

        return true;
    }

    // No link leads from the top of the work tree to it.
    private static bool IsPlainFolder(string workTree, string path)
    {
        string at = workTree;
        foreach (string part in path.Split('/'))
        {
            at = Path.Combine(at, part);
            if (part is "" or "." or ".." or ".git" || new DirectoryInfo(at) is not { Exists: true, LinkTarget: null })
            {
                return false;
            }
        }

        return true;
    }

    // A work tree, its git directory, what that is filled from, and where both are seen from the top.
    private sealed record Place(string Path, string WorkTree, string GitDirectory, string Source, string Module);
}

// By paths from the top of the work tree, and from either git directory.
internal sealed record FilledSubmodule(string Path, string Module, string Commit);
