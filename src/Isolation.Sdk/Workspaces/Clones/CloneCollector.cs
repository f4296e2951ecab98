using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

// Nothing of the host's ever runs in the worker's repository: what git fetches from has a config and refs that the
// library wrote, and borrows nothing but objects, each checked on its way in.
internal sealed class CloneCollector : IDisposable
{
    private const string Checked = "'fetch.fsckObjects=true' 'core.fsync=all'";
    private const int MaxSingleFetches = 50;
    private readonly GitRepository _repository;
    private readonly string _baseCommit;
    private readonly string _folder;

    public CloneCollector(GitRepository repository, string baseCommit, string folder, string objects)
    {
        (_repository, _baseCommit, _folder) = (repository, baseCommit, folder);
        SafeDelete.DeleteTree(_folder);
        BareRepositoryWriter.Write(_folder, repository, head: "", [objects]);
    }

    public static string Folder(WorkspaceInfo info) => Path.Combine(Path.GetDirectoryName(info.Path)!, "collect");

    // Returns those of the others that are here now: one that is broken must not cost the rest.
    public async Task<IReadOnlyCollection<string>> FetchAsync(
        string commit,
        IReadOnlyCollection<string> others,
        CancellationToken cancellationToken
    )
    {
        string[] main = commit == _baseCommit ? [] : [commit];
        if (
            main.Length + others.Count == 0
            || (await TryFetchAsync([.. main, .. others], cancellationToken).ConfigureAwait(false)).Ok
        )
        {
            return others;
        }

        // One of them is broken. It must not cost the rest.
        if (
            main.Length > 0
            && await TryFetchAsync(main, cancellationToken).ConfigureAwait(false) is { Ok: false } answer
        )
        {
            throw new IsolationException(
                WorkspaceCodes.CollectRefused,
                $"What the worker committed cannot be taken over: {PlainText.SingleLine(answer.ErrorLine, 400)}",
                "Look at the workspace, which is kept: objects are missing there, or are not what git allows."
            );
        }

        List<string> had = [];
        foreach (string other in others.Take(MaxSingleFetches))
        {
            if ((await TryFetchAsync([other], cancellationToken).ConfigureAwait(false)).Ok)
            {
                had.Add(other);
            }
        }

        return had;
    }

    public void Dispose() => SafeDelete.DeleteTree(_folder);

    private Task<GitResult> TryFetchAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        GitCommand fetch = GitCommand.In(
            _repository.CommonDirectory,
            [
                .. "fetch --quiet --no-tags --no-write-fetch-head --no-recurse-submodules --no-auto-maintenance".Split(
                    ' '
                ),
                $"--negotiation-tip={_baseCommit}",
                "--stdin",
                "--",
                _folder,
            ]
        ) with
        {
            Input = string.Join('\n', ids) + "\n",
            Environment = new Dictionary<string, string>
            {
                ["GIT_CONFIG_PARAMETERS"] = Checked,
                ["GIT_ALLOW_PROTOCOL"] = "file",
                ["GIT_NO_LAZY_FETCH"] = "1",
            },
        };
        return _repository.Client.TryRunAsync(fetch, cancellationToken);
    }
}
