using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

/// <summary>One at a time: fetches of the same refs beside each other fail.</summary>
internal static class GitFetch
{
    public static async Task RunAsync(
        GitRepository repository,
        string remote,
        TimeProvider time,
        CancellationToken cancellationToken,
        IReadOnlyList<string>? only = null,
        bool checkObjects = false
    )
    {
        if (remote.Length == 0 || remote[0] == '-')
        {
            throw new IsolationException(
                GitCodes.FetchFailed,
                $"'{remote}' is not the name of a remote.",
                "Give a remote that 'git remote' lists."
            );
        }

        using OsFileLock held = await OsFileLock
            .AcquireAsync(Path.Combine(repository.IsolationDirectory, "fetch.lock"), time, cancellationToken)
            .ConfigureAwait(false);
        string[] what = only is null or [] ? ["--", remote] : ["--refmap=", "--", remote, .. only];
        GitCommand fetch = GitCommand.In(
            repository.CommonDirectory,
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", .. what]
        ) with
        {
            Remote = true,
            Environment = checkObjects
                ? new() { ["GIT_CONFIG_PARAMETERS"] = "'fetch.fsckObjects=true' 'core.fsync=all'" }
                : new Dictionary<string, string>(),
        };
        GitResult answer = await repository.Client.TryRunAsync(fetch, cancellationToken).ConfigureAwait(false);
        if (!answer.Ok)
        {
            throw new IsolationException(
                GitCodes.FetchFailed,
                $"Fetching from '{remote}' failed: {answer.ErrorLine}",
                "Mend the connection or the credentials, or fetch nothing: a base is never silently stale."
            );
        }
    }
}
