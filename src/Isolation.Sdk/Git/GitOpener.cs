using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

internal static partial class GitOpener
{
    public static Version MinimumVersion { get; } = new(2, 39);

    // A name, or all that begin with it.
    private static readonly string[] Allowed = ["user.name", "user.email", "core.autocrlf", "core.eol", "filter.lfs."];
    private static readonly string[] AllowedForRemotes = ["url.", "http.", "credential.", "core.sshcommand", "lfs."];

    public static Task<GitRepository> OpenAsync(string path, CancellationToken cancellationToken = default) =>
        OpenAsync(path, HostVariables(), cancellationToken);

    public static async Task<GitRepository> OpenAsync(
        string path,
        Dictionary<string, string> host,
        CancellationToken cancellationToken
    )
    {
        GitClient asHost = new(new GitEnvironment(host, [], []));
        if (!Path.IsPathFullyQualified(path))
        {
            throw new IsolationException(
                GitCodes.BadPath,
                $"'{PlainText.SingleLine(path, 200)}' is not an absolute path.",
                "Give the full path: a process has one current directory and its workers many."
            );
        }

        if (path.Any(char.IsControl))
        {
            throw new IsolationException(
                GitCodes.BadPath,
                $"'{PlainText.SingleLine(path, 200)}' has a control character in it, which git's answers "
                    + $"cannot tell from their own.",
                "Rename that folder."
            );
        }

        Task<GitResult> versioning = asHost.RunAsync(
            GitCommand.In(Path.GetPathRoot(Path.GetTempPath())!, "--version"),
            cancellationToken
        );
        Task<IReadOnlyList<KeyValuePair<string, string>>> reading = ReadHostConfigAsync(
            asHost,
            host,
            cancellationToken
        );
        Task<GitResult> locating = LocateAsync(asHost, path, cancellationToken);
        CheckVersion(await versioning.ConfigureAwait(false));
        IReadOnlyList<KeyValuePair<string, string>> settings = await reading.ConfigureAwait(false);
        KeyValuePair<string, string>[] trusted =
        [
            .. settings.Where(e => e.Key.Equals("safe.directory", StringComparison.OrdinalIgnoreCase)),
        ];
        GitResult located = await locating.ConfigureAwait(false);
        if (IsDubious(located) && trusted.Length > 0)
        {
            located = await LocateAsync(new GitClient(new GitEnvironment(host, trusted, [])), path, cancellationToken)
                .ConfigureAwait(false);
        }

        GitRepository found = Describe(asHost, path, located);
        List<KeyValuePair<string, string>> local =
        [
            .. settings.Where(e => IsAny(Allowed, e.Key)),
            .. FileSystemSettings.Read(found.CommonDirectory),
        ];
        if (trusted.Length > 0)
        {
            // The host accepted this repository, or LocateAsync had refused it: say so for exactly this one.
            local.AddRange(
                new[] { found.TopLevel, found.GitDirectory, found.CommonDirectory }
                    .OfType<string>()
                    .Distinct()
                    .Select(p => new KeyValuePair<string, string>("safe.directory", p))
            );
        }

        List<KeyValuePair<string, string>> remote = [.. settings.Where(e => IsAny(AllowedForRemotes, e.Key))];
        return found with
        {
            Client = new GitClient(
                new GitEnvironment(host, local, remote) { ExcludesFile = FindExcludes(settings, host) }
            ),
            IsPartial = IsPartial(found.CommonDirectory),
        };
    }

    private static string? FindExcludes(
        IReadOnlyList<KeyValuePair<string, string>> settings,
        Dictionary<string, string> host
    )
    {
        string? home = host.GetValueOrDefault(OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME");
        string? folder =
            host.GetValueOrDefault("XDG_CONFIG_HOME") is { Length: > 0 } given ? given
            : home is null ? null
            : Path.Combine(home, ".config");
        string? named = settings
            .LastOrDefault(e => e.Key.Equals("core.excludesFile", StringComparison.OrdinalIgnoreCase))
            .Value;
        string? file = named is null
            ? folder is null
                ? null
                : Path.Combine(folder, "git", "ignore")
            : named.StartsWith("~/", StringComparison.Ordinal) && home is not null
                ? Path.Combine(home, named[2..])
                : named;
        return Path.IsPathFullyQualified(file ?? "") ? file : null;
    }

    private static Task<GitResult> LocateAsync(GitClient client, string path, CancellationToken cancellationToken) =>
        client.TryRunAsync(
            GitCommand.In(
                path,
                [
                    .. (
                        "rev-parse --path-format=absolute --git-common-dir --absolute-git-dir "
                        + "--is-bare-repository --show-object-format --show-toplevel"
                    ).Split(' '),
                ]
            ),
            cancellationToken
        );

    private static bool IsDubious(GitResult answer) => answer.Error.Contains("dubious ownership");

    private static GitRepository Describe(GitClient client, string path, GitResult answer)
    {
        // Outside of a work tree the last question ends the command, after the others were answered.
        string[] lines = answer.Line.Split('\n');
        if (lines.Length >= 4)
        {
            return new GitRepository(
                client,
                lines[0],
                lines[1],
                answer.Ok ? lines[4] : null,
                lines[2] == "true",
                lines[3]
            );
        }

        if (FindUnsupported(answer.Error) is { } what)
        {
            throw new IsolationException(
                GitCodes.UnsupportedRepository,
                $"'{PlainText.SingleLine(path, 200)}' needs {what}, which the git on PATH does not know.",
                "Install a git that does and put it first on PATH, or make a clone without it."
            );
        }

        throw IsDubious(answer)
            ? new IsolationException(
                GitCodes.DubiousOwnership,
                $"'{path}' belongs to another user, and git does not trust it.",
                $"If you do: git config --global --add safe.directory '{path}'"
            )
            : new IsolationException(
                GitCodes.NotARepository,
                $"'{PlainText.SingleLine(path, 200)}' is not a git repository.",
                "Give the path of a checkout or a bare repository, or run 'git init' there."
            );
    }

    // "unknown repository extension found:", and each on a line; or a version beyond those it knows.
    private static string? FindUnsupported(string error)
    {
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int at = Array.FindIndex(lines, l => l.Contains("unknown repository extension"));
        string version = lines.FirstOrDefault(l => l.Contains("Expected git repo version")) ?? "";
        string[] names = at < 0 ? [] : [.. lines[(at + 1)..].Where(l => !l.Contains(' '))];
        return names.Length > 0 ? $"the extension {string.Join(", ", names.Select(n => $"'extensions.{n}'"))}"
            : at >= 0 ? lines[at]
            : version.Length > 0 ? $"a newer format ({PlainText.SingleLine(version, 100)})"
            : null;
    }

    private static void CheckVersion(GitResult answer)
    {
        Match match = VersionPattern().Match(answer.Output);
        Version found = match.Success
            ? new Version(
                int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
                int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)
            )
            : new Version(0, 0);
        if (found < MinimumVersion)
        {
            throw new IsolationException(
                GitCodes.GitTooOld,
                $"This is '{answer.Line}'; {MinimumVersion} is the oldest that can merge without a work tree.",
                "Install a newer git and put it first on PATH."
            );
        }
    }

    private static async Task<IReadOnlyList<KeyValuePair<string, string>>> ReadHostConfigAsync(
        GitClient client,
        Dictionary<string, string> host,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> asHost = host.Where(e =>
                e.Key is "HOME" or "XDG_CONFIG_HOME" or "USERPROFILE" or "GIT_CONFIG_GLOBAL" or "GIT_CONFIG_SYSTEM"
            )
            .ToDictionary();
        asHost["GIT_CONFIG_NOSYSTEM"] = asHost["GIT_CONFIG_COUNT"] = "0";
        asHost["GIT_CEILING_DIRECTORIES"] = "/";
        GitCommand list = GitCommand.In(Path.GetPathRoot(Path.GetTempPath())!, "config", "--list", "-z") with
        {
            Environment = asHost,
            // Elsewhere it says that there is none.
            Unset = asHost.ContainsKey("GIT_CONFIG_GLOBAL") ? [] : ["GIT_CONFIG_GLOBAL"],
        };
        GitResult answer = await client.TryRunAsync(list, cancellationToken).ConfigureAwait(false);
        return
        [
            .. answer
                .Fields.Select(f => f.Split('\n', 2))
                .Where(p => p.Length == 2)
                .Select(p => new KeyValuePair<string, string>(p[0], p[1])),
        ];
    }

    private static bool IsPartial(string gitDirectory) =>
        TextFile.TryRead(Path.Combine(gitDirectory, "config"))?.Contains("promisor", StringComparison.OrdinalIgnoreCase)
        == true;

    private static bool IsAny(string[] names, string key) =>
        names.Any(n =>
            n[^1] == '.'
                ? key.StartsWith(n, StringComparison.OrdinalIgnoreCase)
                : key.Equals(n, StringComparison.OrdinalIgnoreCase)
        );

    private static Dictionary<string, string> HostVariables() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string)e.Value!);

    [GeneratedRegex(@"(\d+)\.(\d+)")]
    private static partial Regex VersionPattern();
}
