using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// What was made in submodules: commits are pinned in the repository's own, and what their gitlinks name is held until
// others can have it, too.
internal sealed class SubmoduleCapture(GitWorkspace workspace, CaptureGit git)
{
    private const string Remotes = "refs/remotes/",
        Tags = "refs/tags/";
    private readonly GitRepository _repository = workspace.Context.Repository;
    private readonly WorkspaceInfo _info = workspace.Info;
    private readonly SubmoduleList _list = new(workspace.Context.Repository);
    private readonly Dictionary<string, Module> _modules = [];

    public List<string> Notices { get; } = [];

    public List<string> Holds { get; } = [];

    // Whether the workspace has something that is nowhere else.
    public bool MustStay { get; private set; }

    public async Task RunAsync(IReadOnlyList<FileChange> files, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> modules = ModuleDirectories.FindAll(_info.GitDirectory);
        foreach (string name in modules)
        {
            FilledSubmodule? filled = workspace.Facts.Submodules.FirstOrDefault(s => s.Module == name);
            await CollectAsync(name, filled, cancellationToken).ConfigureAwait(false);
            if (filled is not null && await IsDirtyAsync(filled, cancellationToken).ConfigureAwait(false))
            {
                MustStay = true;
                Notices.Add(
                    $"The submodule '{filled.Path}' has uncommitted changes, which nothing pins; the workspace is "
                        + "kept. Commit them there, or take them from it."
                );
            }
        }

        if (files.Any(f => f.Submodule is not null))
        {
            await CheckAsync("", "", _info.Path, files, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CollectAsync(string name, FilledSubmodule? filled, CancellationToken cancellationToken)
    {
        string own = Path.Combine(_info.GitDirectory, name),
            source = Path.Combine(_repository.CommonDirectory, name);
        if (!ModuleDirectories.Exists(source))
        {
            _modules[name] = new Module(null, own);
            return;
        }

        GitSettings settings = await _list
            .ReadConfigAsync(Path.Combine(source, "config"), cancellationToken)
            .ConfigureAwait(false);
        GitRepository module = SubmoduleModule.Of(_repository, source, settings);
        _modules[name] = new Module(module, own);
        Dictionary<string, string> known = [];
        RefReader.ReadAll(source, known, "refs/");
        HashSet<string> here = [.. known.Values, filled?.Commit ?? ""];
        int length = module.NullId.Length;
        UntrustedRefs found = RefReader.ReadUntrusted(own, length);
        KeyValuePair<string, string>[] others =
        [
            .. RefReader.ReadUntrustedHead(own, length) is { } head
                ? [new KeyValuePair<string, string>("HEAD", head)]
                : Array.Empty<KeyValuePair<string, string>>(),
            .. found.Found,
        ];
        others = [.. others.Where(r => !here.Contains(r.Value)).DistinctBy(r => r.Value)];
        string[] remote = [.. RefReader.ReadUntrustedRemotes(own, length).Where(id => !here.Contains(id))];
        if (others.Length == 0)
        {
            MustStay |= !found.IsAll;
            return;
        }

        if (filled is null || !Fingerprint.IsBorrowing(own, Path.Combine(source, "objects")))
        {
            MustStay = true;
            Notices.Add(
                $"What was committed in '{name}' is not taken over: its repository is not the one that the workspace "
                    + "was given. The workspace is kept; look there."
            );
            return;
        }

        using CloneCollector collector = new(
            module,
            filled.Commit,
            CloneCollector.Folder(_info),
            Path.Combine(own, "objects")
        );
        IReadOnlyCollection<string> had = await collector
            .FetchAsync(filled.Commit, [.. others.Select(r => r.Value).Concat(remote).Distinct()], cancellationToken)
            .ConfigureAwait(false);
        (IReadOnlyDictionary<string, string> pinned, bool whole) = await new ExtraRefs(module, workspace.Attempt)
            .PinAsync([.. others.Where(r => had.Contains(r.Value))], filled.Commit, [], cancellationToken)
            .ConfigureAwait(false);
        MustStay |= !whole || !found.IsAll || others.Any(r => !had.Contains(r.Value));
        if (pinned.Count > 0)
        {
            Notices.Add(
                $"Commits in the submodule '{filled.Path}' are pinned in '{source}' as "
                    + $"{string.Join(", ", pinned.Values.Take(3))}. Push what is to stay."
            );
        }
    }

    // What changed since the files were written; git looks only where a time stamp says so.
    private async Task<bool> IsDirtyAsync(FilledSubmodule filled, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_info.Path, filled.Path);
        long since = (workspace.Facts.CheckedOutAt ?? DateTime.MinValue).Ticks;
        return new DirectoryInfo(path) is { Exists: true, LinkTarget: null }
            && (
                Directory.GetLastWriteTimeUtc(path).Ticks >= since
                || PlatformFiles.Current.Walk(path, (in entry) =>
                    entry.Written >= since || entry.Changed >= since ? WalkStep.Stop : WalkStep.Continue
                ) != WalkEnd.Complete
            )
            && await git.IsDirtyAsync(path, Path.Combine(_info.GitDirectory, filled.Module), cancellationToken)
                .ConfigureAwait(false);
    }

    private async Task CheckAsync(
        string above,
        string module,
        string workTree,
        IReadOnlyList<FileChange> files,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<(string Name, string Path)> list = await _list
            .ReadAsync(workTree, cancellationToken)
            .ConfigureAwait(false);
        foreach (FileChange link in files.Where(f => f.Submodule is not null))
        {
            string path = above + link.Path,
                name = module + "modules/" + list.FirstOrDefault(s => s.Path == link.Path).Name;
            if (!await IsPublishedAsync(name, link.Submodule!, cancellationToken).ConfigureAwait(false))
            {
                MustStay = true;
                Holds.Add(
                    $"The submodule '{path}' is at {link.Submodule![..10]}, which no branch of its remote has, so that "
                        + "nobody else could check it out. Push it from "
                        + $"'{Path.Combine(_repository.CommonDirectory, name)}', then approve the item; or approve it "
                        + "as it is."
                );
            }

            FilledSubmodule? filled = workspace.Facts.Submodules.FirstOrDefault(s => s.Path == path);
            if (filled is not null && _modules.GetValueOrDefault(filled.Module)?.Repository is { } repository)
            {
                IReadOnlyList<FileChange> inside = await CommitDiff
                    .ReadAsync(repository, filled.Commit, link.Submodule!, cancellationToken)
                    .ConfigureAwait(false);
                if (inside.Any(f => f.Submodule is not null))
                {
                    string tree = Path.Combine(_info.Path, path);
                    await CheckAsync($"{path}/", $"{filled.Module}/", tree, inside, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
    }

    // Reachable from a branch of its own remote, as far as is known here, or from a tag that was there before.
    private async Task<bool> IsPublishedAsync(string name, string commit, CancellationToken cancellationToken)
    {
        if (_modules.GetValueOrDefault(name) is not { } module)
        {
            Dictionary<string, string> of = [];
            RefReader.ReadAll(Path.Combine(_repository.CommonDirectory, name), of, Remotes);
            return of.ContainsValue(commit);
        }

        string[] remote = [.. RefReader.ReadUntrustedRemotes(module.Own, commit.Length)];
        if (module.Repository is not { } repository || remote.Contains(commit))
        {
            return remote.Contains(commit);
        }

        Dictionary<string, string> known = [];
        RefReader.ReadAll(repository.CommonDirectory, known, Remotes);
        RefReader.ReadAll(repository.CommonDirectory, known, Tags);
        GitCommand list = GitCommand.In(
            repository.CommonDirectory,
            [.. "rev-list --max-count=1 --ignore-missing --stdin".Split(' ')]
        ) with
        {
            Input =
                string.Join('\n', [commit, .. known.Values.Concat(remote).Distinct().Select(id => "^" + id)]) + "\n",
        };
        GitResult answer = await repository.Client.TryRunAsync(list, cancellationToken).ConfigureAwait(false);
        return answer.Ok
            && answer.Line.Length == 0
            && await repository.TryResolveCommitAsync(commit, cancellationToken).ConfigureAwait(false) is not null;
    }

    // Of the repository, which may have none of that name, and the worker's.
    private sealed record Module(GitRepository? Repository, string Own);
}
