using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Sandbox;

internal sealed record WorkerGitConfig(string? CommonDirectory, GitSettings Settings)
{
    public string? TopLevel { get; init; }

    // What the host's user ignores everywhere.
    public string Ignored { get; init; } = "";

    private static readonly KeyValuePair<string, string>[] DefaultIdentity =
    [
        new("user.name", "Isolation.Sdk"),
        new("user.email", "isolation@localhost"),
    ];

    public static WorkerGitConfig None { get; } = new(null, DefaultIdentity);

    public static async Task<WorkerGitConfig> ReadAsync(
        RepositoryRef repository,
        CancellationToken cancellationToken
    ) => Of(await GitOpener.OpenAsync(repository.Path, cancellationToken).ConfigureAwait(false));

    // What is pinned is for commands of the library; a worker's git gets its own by the environment.
    public static WorkerGitConfig Of(GitRepository opened) =>
        new(
            opened.CommonDirectory,
            [.. DefaultIdentity, .. opened.Client.Environment.Config.Skip(GitEnvironment.Pinned.Count)]
        )
        {
            TopLevel = opened.TopLevel,
            Ignored = opened.Client.Environment.ReadExcludes(),
        };

    // What the worktrees of a repository share can then name nobody else as the author of a commit. A repository that
    // names one keeps its own.
    public IEnumerable<KeyValuePair<string, string>> IdentityIn(string workspace) =>
        CommonDirectory is not null
        && File.Exists(Path.Combine(workspace, ".git"))
        && SharedSettings.Read(TextFile.TryRead(Path.Combine(CommonDirectory, "config")) ?? "") is { } shared
        && !shared.Keys.Any(k => k.StartsWith("include", StringComparison.Ordinal))
            ? DefaultIdentity.Select(d => new KeyValuePair<string, string>(
                d.Key,
                shared.GetValueOrDefault(d.Key)?.Split(", ")[^1]
                    ?? Settings.Last(s => s.Key.Equals(d.Key, StringComparison.OrdinalIgnoreCase)).Value
            ))
            : [];

    public string Ceiling(string workspace)
    {
        string tree = TopLevel is not null && FileSearch.Contains(TopLevel, workspace) ? TopLevel : workspace;
        return Path.GetDirectoryName(tree) ?? tree;
    }

    // These go before the repository's own config, all others after it.
    public IEnumerable<KeyValuePair<string, string>> OfTheFileSystem =>
        Settings.Where(s => FileSystemSettings.Contains(s.Key));

    public IEnumerable<KeyValuePair<string, string>> For(string workspace)
    {
        IEnumerable<KeyValuePair<string, string>> settings = Settings.Except(OfTheFileSystem);
        return Settings.Any(s => s.Key.Equals("safe.directory", StringComparison.OrdinalIgnoreCase))
            ? settings.Append(new KeyValuePair<string, string>("safe.directory", workspace))
            : settings;
    }

    public Func<string, string>? RelocatorTo(string workspace) =>
        TopLevel is { } checkout ? list => Detours.Relocate(list, checkout, workspace) : null;
}
