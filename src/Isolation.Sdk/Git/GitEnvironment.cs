using System.Globalization;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

/// <summary>Nothing of the caller's <c>GIT_*</c>, no system or global config, only what was allowed once.</summary>
internal sealed class GitEnvironment
{
    private static readonly string[] Passed = ["PATH", "SystemRoot", "ComSpec", "PATHEXT", "TMPDIR", "TEMP", "TMP"];
    private static readonly string[] PassedToRemote = (
        "HOME USERPROFILE XDG_CONFIG_HOME SSH_AUTH_SOCK SSH_AGENT_PID http_proxy https_proxy no_proxy "
        + "HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR"
    ).Split(' ');
    private readonly Dictionary<string, string> _local;
    private readonly Dictionary<string, string> _remote;

    public GitEnvironment(
        IReadOnlyDictionary<string, string> host,
        IReadOnlyList<KeyValuePair<string, string>> local,
        IReadOnlyList<KeyValuePair<string, string>> remote
    )
    {
        Config = [.. Pinned, .. local];
        Identity = [.. local.Where(e => e.Key.StartsWith("user.", StringComparison.OrdinalIgnoreCase))];
        _local = Build(host, Passed, Config);
        _remote = Build(host, [.. Passed, .. PassedToRemote], [.. Config, .. remote]);
    }

    private GitEnvironment(GitEnvironment other, string name, string email)
    {
        (Config, Identity, ExcludesFile) = (other.Config, other.Identity, other.ExcludesFile);
        (_local, _remote) = (WithAuthor(other._local, name, email), WithAuthor(other._remote, name, email));
    }

    public IReadOnlyList<KeyValuePair<string, string>> Config { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Identity { get; }

    // What the host's user ignores everywhere.
    public string? ExcludesFile { get; init; }

    public static IReadOnlyList<KeyValuePair<string, string>> Pinned { get; } =
    [
        new("core.hooksPath", OperatingSystem.IsWindows() ? "NUL" : "/dev/null"),
        new("core.fsmonitor", "false"),
        new("core.untrackedCache", "false"),
        new("core.quotePath", "false"),
        new("gc.auto", "0"),
        // Every deletion of a ref takes the one lock on packed-refs: where many workers end at once, git's second is
        // soon over.
        new("core.packedRefsTimeout", "30000"),
        new("core.filesRefLockTimeout", "5000"),
        new("maintenance.auto", "false"),
        new("rerere.enabled", "false"),
        new("commit.gpgSign", "false"),
        new("tag.gpgSign", "false"),
        new("merge.renames", "true"),
        new("merge.directoryRenames", "conflict"),
        new("advice.detachedHead", "false"),
        new("protocol.ext.allow", "never"),
        new("submodule.recurse", "false"),
    ];

    public string ReadExcludes() => ExcludesFile is null ? "" : TextFile.TryRead(ExcludesFile) ?? "";

    public GitEnvironment WithAuthor(string name, string email) => new(this, name, email);

    public IReadOnlyDictionary<string, string> For(bool remote) => remote ? _remote : _local;

    private static Dictionary<string, string> Build(
        IReadOnlyDictionary<string, string> host,
        IEnumerable<string> passed,
        IReadOnlyList<KeyValuePair<string, string>> config
    )
    {
        Dictionary<string, string> built = new()
        {
            ["LC_ALL"] = "C",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null",
            ["GIT_ATTR_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_NO_REPLACE_OBJECTS"] = "1",
            ["GIT_OPTIONAL_LOCKS"] = "0",
        };
        foreach (string name in passed)
        {
            if (host.TryGetValue(name, out string? value))
            {
                built[name] = value;
            }
        }

        AddConfig(built, config);
        return WithAuthor(
            built,
            Value(config, "user.name") ?? "Isolation.Sdk",
            Value(config, "user.email") ?? "isolation@localhost"
        );
    }

    public static void AddConfig(
        IDictionary<string, string> environment,
        IReadOnlyList<KeyValuePair<string, string>> config
    )
    {
        environment["GIT_CONFIG_COUNT"] = $"{config.Count}";
        for (int i = 0; i < config.Count; i++)
        {
            environment[$"GIT_CONFIG_KEY_{i}"] = config[i].Key;
            environment[$"GIT_CONFIG_VALUE_{i}"] = config[i].Value;
        }
    }

    // The names of the settings that AddConfig put there.
    public static IReadOnlyCollection<string> SettingsIn(IReadOnlyDictionary<string, string> environment) =>
        int.TryParse(environment.GetValueOrDefault("GIT_CONFIG_COUNT"), CultureInfo.InvariantCulture, out int count)
            ?
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i => environment.GetValueOrDefault($"GIT_CONFIG_KEY_{i}"))
                    .OfType<string>(),
            ]
            : [];

    private static Dictionary<string, string> WithAuthor(
        Dictionary<string, string> variables,
        string name,
        string email
    ) =>
        new(variables)
        {
            ["GIT_AUTHOR_NAME"] = name,
            ["GIT_AUTHOR_EMAIL"] = email,
            ["GIT_COMMITTER_NAME"] = name,
            ["GIT_COMMITTER_EMAIL"] = email,
        };

    private static string? Value(IReadOnlyList<KeyValuePair<string, string>> config, string key) =>
        config.LastOrDefault(e => e.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value is { Length: > 0 } value
            ? value
            : null;
}
