using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Sandbox;

/// <summary>A worker's environment, built from nothing: a short list of the host's variables, the library's own, and what the options ask for; later ones win.</summary>
internal sealed class EnvironmentBuilder(HostVariables host)
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly string[] Allowed =
    [
        "LANG",
        "LC_ALL",
        "TZ",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "DOTNET_ROOT",
        "DOTNET_ROOT_X64",
        "DOTNET_ROOT_ARM64",
    ];
    private static readonly string[] AllowedOnWindows =
    [
        "SystemRoot",
        "SystemDrive",
        "windir",
        "ComSpec",
        "PATHEXT",
        "OS",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
        "ProgramData",
        "ProgramFiles",
        "ProgramFiles(x86)",
        "ProgramW6432",
        "CommonProgramFiles",
        "CommonProgramFiles(x86)",
    ];
    private static readonly StringComparer Names = OperatingSystem.IsWindows()
        ? StringComparer.OrdinalIgnoreCase
        : StringComparer.Ordinal;

    private static readonly (string Name, string Value)[] Fixed =
    [
        ("NO_COLOR", "1"),
        ("TERM", "dumb"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GCM_INTERACTIVE", "never"),
        // Build servers outlive the worker and carry its umask and environment into the next one's build. A project may turn them on again: then they are the worker's own, see the salts below.
        ("MSBUILDDISABLENODEREUSE", "1"),
        ("UseSharedCompilation", "false"),
        ("DOTNET_CLI_USE_MSBUILD_SERVER", "0"),
        ("DOTNET_EnableDiagnostics", "0"),
        ("DOTNET_NOLOGO", "1"),
        ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
        ("DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "1"),
        ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
        ("DOTNET_ADD_GLOBAL_TOOLS_TO_PATH", "false"),
        ("DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE", "true"),
        ("npm_config_update_notifier", "false"),
        ("npm_config_fund", "false"),
    ];

    private static readonly KeyValuePair<string, string>[] GitConfig =
    [
        new("gc.auto", "0"),
        new("core.logAllRefUpdates", "true"), // The guard tells a worker's own moves by its HEAD log; a bare repository keeps none by default.
        new("maintenance.auto", "false"),
        new("rerere.enabled", "false"),
        new("credential.helper", ""),
        new("core.fsmonitor", "false"),
        new("core.hooksPath", OperatingSystem.IsWindows() ? "NUL" : "/dev/null"),
    ];

    private readonly Dictionary<string, EnvironmentEntry> _entries = new(Names);

    /// <summary>What every worker gets.</summary>
    public EnvironmentBuilder AddDefaults(string attempt, string worker, string ceiling, ScopeFolders folders)
    {
        string? path = InheritedPath(host);
        Add("PATH", path ?? DefaultPath, path is null ? EnvironmentOrigin.Isolation : EnvironmentOrigin.Inherited);
        foreach (string name in OperatingSystem.IsWindows() ? [.. Allowed, .. AllowedOnWindows] : Allowed)
        {
            Inherit(name);
        }

        if (host.NuGetPackages is { } packages && Directory.Exists(packages))
        {
            // Beside the worker's own config, which a repository's may clear.
            Add("RestoreAdditionalProjectFallbackFolders", packages, EnvironmentOrigin.Isolation);
        }

        foreach ((string name, string value) in Fixed.Concat(Of(attempt, worker, ceiling, folders)))
        {
            Add(name, value, EnvironmentOrigin.Isolation);
        }

        Dictionary<string, string> git = [];
        GitEnvironment.AddConfig(git, GitConfig);
        foreach ((string name, string value) in git)
        {
            Add(name, value, EnvironmentOrigin.Isolation);
        }

        return this;
    }

    /// <summary>What a worker needs that cannot write to <c>/tmp</c>: MSBuild's processes meet there by name and wait a quarter of an hour for each other, so it builds in one, which one processor makes it do.</summary>
    public EnvironmentBuilder AddConfined()
    {
        Add("DOTNET_PROCESSOR_COUNT", "1", EnvironmentOrigin.Isolation);
        Add("MSBUILDNODECONNECTIONTIMEOUT", "10000", EnvironmentOrigin.Isolation);
        return this;
    }

    public EnvironmentBuilder AddPorts(IReadOnlyDictionary<string, int> ports)
    {
        foreach ((string name, int port) in ports)
        {
            Add(
                "ISOLATION_PORT_" + name.ToUpperInvariant().Replace('-', '_'),
                port.ToString(CultureInfo.InvariantCulture),
                EnvironmentOrigin.Isolation
            );
        }

        return this;
    }

    /// <summary>What the options ask for. A secret that the host lacks was refused before.</summary>
    public EnvironmentBuilder AddRules(IEnumerable<EnvironmentRule> rules, Func<string, string> fill)
    {
        foreach (EnvironmentRule rule in rules)
        {
            if (rule.Template is { } template)
            {
                Add(rule.Name, fill(template), rule.Origin);
            }
            else if (host[rule.Name] is { } value)
            {
                _entries[rule.Name] = new EnvironmentEntry(
                    rule.Name,
                    value,
                    rule.Origin,
                    rule.Origin == EnvironmentOrigin.Secret
                );
            }
        }

        return this;
    }

    public IReadOnlyList<EnvironmentEntry> Build() => [.. _entries.Values.OrderBy(e => e.Name, StringComparer.Ordinal)];

    /// <summary>Where a worker's commands are looked for when no option says otherwise.</summary>
    public static string SearchPath(HostVariables host) => InheritedPath(host) ?? DefaultPath;

    // A relative folder in PATH would run the repository's files.
    private static string? InheritedPath(HostVariables host) =>
        (host["PATH"] ?? "").Split(Path.PathSeparator).Where(Path.IsPathFullyQualified).ToArray()
            is { Length: > 0 } folders
            ? string.Join(Path.PathSeparator, folders)
            : null;

    private static IEnumerable<(string Name, string Value)> Of(
        string attempt,
        string worker,
        string ceiling,
        ScopeFolders folders
    )
    {
        yield return ("HOME", folders.Home);
        yield return ("XDG_CONFIG_HOME", Path.Combine(folders.Home, ".config"));
        yield return ("XDG_DATA_HOME", Path.Combine(folders.Home, ".local", "share"));
        yield return ("XDG_STATE_HOME", Path.Combine(folders.Home, ".local", "state"));
        yield return ("XDG_CACHE_HOME", folders.Cache);
        yield return ("XDG_RUNTIME_DIR", folders.Runtime);
        yield return ("TMPDIR", folders.Temp);
        yield return ("TEMP", folders.Temp);
        yield return ("TMP", folders.Temp);
        yield return ("DOTNET_CLI_HOME", folders.Home);
        yield return ("NUGET_PACKAGES", Path.Combine(folders.Cache, "nuget"));
        yield return ("MSBUILDNODEHANDSHAKESALT", Salt(folders.Root));
        yield return ("SharedCompilationId", Salt(folders.Root));
        yield return ("npm_config_cache", Path.Combine(folders.Cache, "npm"));
        yield return ("GIT_CONFIG_GLOBAL", Path.Combine(folders.Home, ".gitconfig"));
        yield return ("GIT_CEILING_DIRECTORIES", ceiling);
        yield return ("ISOLATION_ATTEMPT", attempt);
        yield return ("ISOLATION_WORKER", worker);
        if (OperatingSystem.IsWindows())
        {
            yield return ("USERPROFILE", folders.Home);
            yield return ("APPDATA", Path.Combine(folders.Home, "AppData", "Roaming"));
            yield return ("LOCALAPPDATA", Path.Combine(folders.Home, "AppData", "Local"));
        }
    }

    // A build server listens under this name: no other worker's build asks for it.
    private static string Salt(string folder) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];

    private void Inherit(string name)
    {
        if (host[name] is { } value)
        {
            Add(name, value, EnvironmentOrigin.Inherited);
        }
    }

    private void Add(string name, string value, string origin) =>
        _entries[name] = new EnvironmentEntry(name, value, origin);
}
