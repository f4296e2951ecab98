namespace Isolation.Sdk.Git;

internal static class GitLfs
{
    private static IReadOnlyList<KeyValuePair<string, string>> Tripwire { get; } =
    [
        // Stands in for git-lfs where it is not set up: the first file that needs it stops git.
        new("filter.lfs.smudge", "git-lfs-is-not-set-up"),
        new("filter.lfs.clean", "git-lfs-is-not-set-up"),
        new("filter.lfs.process", ""),
        new("filter.lfs.required", "true"),
    ];

    public static bool IsSetUp(GitRepository repository) =>
        repository.Client.Environment.Config.Any(e =>
            e.Key.StartsWith("filter.lfs.", StringComparison.OrdinalIgnoreCase)
        );

    public static IReadOnlyList<KeyValuePair<string, string>> Config(GitRepository repository)
    {
        IReadOnlyList<KeyValuePair<string, string>> config = repository.Client.Environment.Config;
        return IsSetUp(repository) ? [.. config, new("filter.lfs.required", "true")] : [.. config, .. Tripwire];
    }

    public static IReadOnlyDictionary<string, string> Environment(
        GitRepository repository,
        params IReadOnlyList<KeyValuePair<string, string>> settings
    )
    {
        Dictionary<string, string> environment = new();
        GitEnvironment.AddConfig(environment, [.. Config(repository), .. settings]);
        return environment;
    }
}
