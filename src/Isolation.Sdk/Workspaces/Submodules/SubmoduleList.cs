using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// What .gitmodules says, which anybody may have written: names and paths, nothing that could be run or fetched.
internal sealed class SubmoduleList(GitRepository repository)
{
    private const string ListFile = ".gitmodules",
        Prefix = "submodule.",
        PathKey = ".path";
    private const long MaxBytes = 1 << 20;

    public static bool IsIn(string workTree) =>
        new FileInfo(Path.Combine(workTree, ListFile))
            is { Exists: true, LinkTarget: null, Length: > 0 and < MaxBytes };

    public async Task<IReadOnlyList<(string Name, string Path)>> ReadAsync(
        string workTree,
        CancellationToken cancellationToken
    )
    {
        GitSettings list = IsIn(workTree)
            ? await ReadConfigAsync(Path.Combine(workTree, ListFile), cancellationToken).ConfigureAwait(false)
            : [];
        return
        [
            .. list.Where(s =>
                    s.Key.Length > Prefix.Length + PathKey.Length
                    && s.Key.StartsWith(Prefix, StringComparison.Ordinal)
                    && s.Key.EndsWith(PathKey, StringComparison.Ordinal)
                )
                .Select(s => (s.Key[Prefix.Length..^PathKey.Length], s.Value.TrimEnd('/')))
                .Where(s => ModuleDirectories.IsName(s.Item1))
                .DistinctBy(s => s.Item1)
                .DistinctBy(s => s.Item2),
        ];
    }

    public async Task<GitSettings> ReadConfigAsync(string file, CancellationToken cancellationToken)
    {
        GitResult answer = await repository
            .TryRunAsync(cancellationToken, "config", "--no-includes", "--file", file, "--list", "-z")
            .ConfigureAwait(false);
        return answer.Ok ? CloneSettings.Parse(answer) : [];
    }

    // The commit that each path is to be at, as the index beside HEAD says.
    public async Task<IReadOnlyDictionary<string, string>> ReadLinksAsync(
        string workTree,
        string gitDirectory,
        IEnumerable<string> paths,
        CancellationToken cancellationToken
    )
    {
        GitCommand list = GitCommand.In(
            workTree,
            [.. "ls-files --stage -z --".Split(' '), .. paths.Select(p => $":(top,literal){p}")]
        ) with
        {
            Environment = EnvironmentOf(workTree, gitDirectory),
        };
        GitResult answer = await repository.Client.RunAsync(list, cancellationToken).ConfigureAwait(false);
        return answer
            .Fields.Select(f => f.Split('\t', 2))
            .Where(p => p.Length == 2 && p[0].StartsWith("160000 ", StringComparison.Ordinal))
            .DistinctBy(p => p[1])
            .ToDictionary(p => p[1], p => p[0].Split(' ')[1], StringComparer.Ordinal);
    }

    public static Dictionary<string, string> EnvironmentOf(string workTree, string gitDirectory) =>
        new() { ["GIT_DIR"] = gitDirectory, ["GIT_WORK_TREE"] = workTree };
}
