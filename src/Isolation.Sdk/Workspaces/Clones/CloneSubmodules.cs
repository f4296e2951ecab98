using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// A clone lies elsewhere and has no remote to start from, so it is told the whole address.
internal static class CloneSubmodules
{
    private const string ListFile = ".gitmodules";

    // For what the base commit has and the repository's own settings do not name.
    public static async Task<GitSettings> ResolveAsync(
        GitRepository repository,
        string workTree,
        GitSettings settings,
        CancellationToken cancellationToken
    )
    {
        FileInfo list = new(Path.Combine(workTree, ListFile));
        if (!list.Exists || list.LinkTarget is not null)
        {
            return [];
        }

        GitResult answer = await repository
            .TryRunAsync(cancellationToken, "config", "--no-includes", "--file", list.FullName, "--list", "-z")
            .ConfigureAwait(false);
        string start = CloneSettings.OriginOf(settings) is { } origin
            ? CloneSettings.WithoutCredentials(origin)
            : repository.TopLevel ?? repository.CommonDirectory;
        HashSet<string> known = [.. settings.Select(s => s.Key)];
        return answer.Ok
            ?
            [
                .. CloneSettings
                    .Parse(answer)
                    .Where(s => IsAddress(s.Key) && !known.Contains(s.Key) && IsRelative(s.Value))
                    .Select(s => new KeyValuePair<string, string>(s.Key, Resolve(start, s.Value))),
            ]
            : [];
    }

    // As 'git submodule' does: each '../' takes a part off the end.
    public static string Resolve(string start, string address)
    {
        string from = start.TrimEnd('/');
        char separator = '/';
        while (true)
        {
            if (address.StartsWith("../", StringComparison.Ordinal))
            {
                address = address[3..];
                int cut = from.LastIndexOf('/');
                if (cut < 0)
                {
                    // "host:path": above the path there is the host alone.
                    cut = from.LastIndexOf(':');
                    separator = cut < 0 ? separator : ':';
                }

                from = cut < 0 ? "." : from[..cut];
            }
            else if (address.StartsWith("./", StringComparison.Ordinal))
            {
                address = address[2..];
            }
            else
            {
                return $"{from}{separator}{address.TrimEnd('/')}";
            }
        }
    }

    private static bool IsAddress(string key) =>
        key.StartsWith("submodule.", StringComparison.Ordinal) && key.EndsWith(".url", StringComparison.Ordinal);

    private static bool IsRelative(string address) =>
        address.StartsWith("./", StringComparison.Ordinal) || address.StartsWith("../", StringComparison.Ordinal);
}
