using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Sandbox;

internal sealed class WorkerEnvironment(HostVariables host, Func<string, string>? relocate = null)
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly string[] Allowed =
        "LANG LC_ALL TZ SSL_CERT_FILE SSL_CERT_DIR DOTNET_ROOT DOTNET_ROOT_X64 DOTNET_ROOT_ARM64".Split(' ');
    private static readonly string[] AllowedOnWindows = (
        "SystemRoot SystemDrive windir ComSpec PATHEXT OS NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE "
        + "ProgramData ProgramFiles ProgramFiles(x86) ProgramW6432 CommonProgramFiles "
        + "CommonProgramFiles(x86)"
    ).Split(' ');
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
        // Build servers outlive the worker and carry its environment into the next one's build. A project may turn them
        // on again: then they are the worker's own, see the salts below.
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
        // The guard tells a worker's own moves by its HEAD log; a bare repository keeps none by default.
        new("core.logAllRefUpdates", "true"),
        new("maintenance.auto", "false"),
        new("rerere.enabled", "false"),
        new("credential.helper", ""),
        new("core.fsmonitor", "false"),
        new("core.hooksPath", OperatingSystem.IsWindows() ? "NUL" : "/dev/null"),
    ];

    private readonly Dictionary<string, EnvironmentEntry> _entries = new(Names);

    public WorkerEnvironment AddDefaults(
        string attempt,
        string worker,
        string ceiling,
        ScopeFolders folders,
        IEnumerable<KeyValuePair<string, string>> git
    )
    {
        string? path = InheritedPath(host);
        Add(
            "PATH",
            Relocated(path ?? DefaultPath),
            path is null ? EnvironmentEntry.Isolation : EnvironmentEntry.Inherited
        );
        Inherit(OperatingSystem.IsWindows() ? [.. Allowed, .. AllowedOnWindows] : Allowed);
        if (host.NuGetPackages is { } packages && Directory.Exists(packages))
        {
            // Beside the worker's own config, which a repository's may clear.
            Add("RestoreAdditionalProjectFallbackFolders", packages);
        }

        Dictionary<string, string> config = [];
        GitEnvironment.AddConfig(config, [.. GitConfig, .. git]);
        return Add([
            .. Fixed,
            .. OwnVariables(attempt, worker, ceiling, folders),
            .. config.Select(g => (g.Key, g.Value)),
        ]);
    }

    public WorkerEnvironment Add(IEnumerable<(string Name, string Value)> variables)
    {
        foreach ((string name, string value) in variables)
        {
            Add(name, value);
        }

        return this;
    }

    public WorkerEnvironment AddPorts(IReadOnlyDictionary<string, int> ports) =>
        Add(
            ports.Select(p =>
                (
                    "ISOLATION_PORT_" + p.Key.ToUpperInvariant().Replace('-', '_'),
                    p.Value.ToString(CultureInfo.InvariantCulture)
                )
            )
        );

    // A secret that the host lacks was refused before.
    public WorkerEnvironment AddOptions(ProcessSandboxOptions options, Func<string, string, string> fill)
    {
        Inherit(options.Inherit);
        foreach ((string name, string template) in options.Environment.Where(v => !options.Secrets.Contains(v.Key)))
        {
            Add(name, fill(template, name), EnvironmentEntry.Option);
        }

        foreach (string name in options.Secrets)
        {
            if ((options.Environment.TryGetValue(name, out string? given) ? given : host[name]) is { } value)
            {
                _entries[name] = new EnvironmentEntry(name, value, EnvironmentEntry.FromSecrets, Secret: true);
            }
        }

        return this;
    }

    public IReadOnlyList<EnvironmentEntry> Build() => [.. _entries.Values.OrderBy(e => e.Name, StringComparer.Ordinal)];

    public static string SearchPath(HostVariables host) => InheritedPath(host) ?? DefaultPath;

    // It changes when commands could see a difference, and says nothing of a secret but its name.
    public static string Fingerprint(ProcessSandboxOptions options, HostVariables host) =>
        string.Join(
            '\n',
            [
                .. new WorkerEnvironment(host).AddDefaults("", "", "", new ScopeFolders("", ""), []).Build(),
                .. options.Inherit.Select(name => $"inherit {name}={host[name]}"),
                .. options
                    .Environment.Where(v => !options.Secrets.Contains(v.Key))
                    .Select(v => $"set {v.Key}={v.Value}"),
                .. options.Secrets.Select(name => $"secret {name}"),
                .. options.CopyFromHome.Select(path => $"copy {path}"),
                .. options.Ports.Select(port => $"port {port}"),
                $"env file {options.EnvFile}",
            ]
        );

    // A relative folder in PATH would run the repository's files.
    private static string? InheritedPath(HostVariables host) =>
        (host["PATH"] ?? "").Split(Path.PathSeparator).Where(Path.IsPathFullyQualified).ToArray()
            is { Length: > 0 } folders
            ? string.Join(Path.PathSeparator, folders)
            : null;

    private static IEnumerable<(string Name, string Value)> OwnVariables(
        string attempt,
        string worker,
        string ceiling,
        ScopeFolders folders
    ) =>
        [
            ("HOME", folders.Home),
            ("XDG_CONFIG_HOME", Path.Combine(folders.Home, ".config")),
            ("XDG_DATA_HOME", Path.Combine(folders.Home, ".local", "share")),
            ("XDG_STATE_HOME", Path.Combine(folders.Home, ".local", "state")),
            ("XDG_CACHE_HOME", folders.Cache),
            ("XDG_RUNTIME_DIR", folders.Runtime),
            ("TMPDIR", folders.Temp),
            ("TEMP", folders.Temp),
            ("TMP", folders.Temp),
            ("DOTNET_CLI_HOME", folders.Home),
            ("NUGET_PACKAGES", Path.Combine(folders.Cache, "nuget")),
            ("MSBUILDNODEHANDSHAKESALT", Salt(folders.Root)),
            ("SharedCompilationId", Salt(folders.Root)),
            ("npm_config_cache", Path.Combine(folders.Cache, "npm")),
            ("GIT_CONFIG_GLOBAL", Path.Combine(folders.Home, ".gitconfig")),
            ("GIT_CEILING_DIRECTORIES", ceiling),
            ("ISOLATION_ATTEMPT", attempt),
            ("ISOLATION_WORKER", worker),
            .. OperatingSystem.IsWindows()
                ?
                [
                    ("USERPROFILE", folders.Home),
                    ("APPDATA", Path.Combine(folders.Home, "AppData", "Roaming")),
                    ("LOCALAPPDATA", Path.Combine(folders.Home, "AppData", "Local")),
                ]
                : Enumerable.Empty<(string, string)>(),
        ];

    // A build server listens under this name: no other worker's build asks for it.
    private static string Salt(string folder) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];

    private void Inherit(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (host[name] is { } value)
            {
                Add(name, Relocated(value), EnvironmentEntry.Inherited);
            }
        }
    }

    private string Relocated(string value) => relocate?.Invoke(value) ?? value;

    private void Add(string name, string value, string origin = EnvironmentEntry.Isolation) =>
        _entries[name] = new EnvironmentEntry(name, value, origin);
}
