using System.Text.RegularExpressions;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>What a worker's state has beyond an environment from nothing and folders of its own.</summary>
/// <remarks>
/// Values in <see cref="Environment"/> and commands in <see cref="Teardown"/> are templates: <c>{attempt}</c>,
/// <c>{item}</c>, <c>{title}</c>, <c>{instructions}</c>; <c>{worker}</c>, the attempt's name, safe in paths, and
/// <c>{worker_id}</c>, the same for an SQL name; <c>{workspace}</c>, <c>{home}</c>, <c>{tmp}</c>, <c>{briefing}</c>;
/// <c>{port:name}</c>. Any other <c>{word}</c> is a fault; write <c>{{word}}</c> for the text itself.
/// </remarks>
public sealed partial class ProcessSandboxOptions
{
    /// <summary>The host's environment variables that workers get.</summary>
    public IList<string> Inherit { get; } = [];

    /// <summary>The variables to set. They win over inherited ones and the library's own.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    /// <summary>
    /// The variables with secrets of at least four characters, masked in every log, status and report. A value comes
    /// from <see cref="Environment"/>, where it is no template, or from the host.
    /// </summary>
    public IList<string> Secrets { get; } = [];

    /// <summary>
    /// The files and folders below the host's home, as in <c>~/.claude</c>, to copy into each worker's home.
    /// </summary>
    /// <remarks>
    /// Copied files are read-only, folders are not. A link to a file is copied as that file; a link to a folder is left
    /// out.
    /// </remarks>
    public IList<string> CopyFromHome { get; } = [];

    /// <summary>
    /// The paths, absolute or as in <c>~/.rustup</c>, that restricted and sealed workers may read and run beside the
    /// system's folders, PATH, the toolchain, the host's NuGet packages and the repository's objects.
    /// </summary>
    public IList<string> ReadablePaths { get; } = [];

    /// <summary>
    /// Whether restricted workers can use the host's network; for sealed workers that is a fault. <value>false: only
    /// the ports they lease.</value>
    /// </summary>
    public bool AllowNetwork { get; set; }

    /// <summary>
    /// The TCP ports, of any host and of this machine, that restricted workers may connect to. With any of them UDP is
    /// open, so that names can be looked up.
    /// </summary>
    public IList<int> AllowedPorts { get; } = [];

    /// <summary>The names of TCP ports to lease from this machine, seen as <c>ISOLATION_PORT_NAME</c>.</summary>
    public IList<string> Ports { get; } = [];

    /// <summary>
    /// A file in each workspace, as in <c>.env.local</c>, that gets the variables of <see cref="Environment"/> without
    /// secrets. It is never captured; one that exists already is a fault. <value>null: no file.</value>
    /// </summary>
    public string? EnvFile { get; set; }

    /// <summary>
    /// The commands to run when a scope ends, after all of the worker's processes: to drop a test database, say. A
    /// scope found again after a crash of the host runs none.
    /// </summary>
    public IList<WorkerCommand> Teardown { get; } = [];

    /// <summary>The maximum time of one teardown command. <value>30 seconds</value></summary>
    public TimeSpan TeardownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How much one command may use. <value>no limits but that of logs</value></summary>
    public ProcessLimits Limits { get; } = new();

    /// <summary>The variables to take for the host's. <value>null: this process's own.</value></summary>
    public IDictionary<string, string>? HostEnvironment { get; set; }

    internal TreeStopMechanism? Mechanism { get; set; }

    internal bool UseLimitCgroups { get; set; } = true;

    // Only tests leave any out.
    internal ConfinementParts Parts { get; set; } = ConfinementParts.All;

    internal NetworkAccess Network => new(AllowNetwork, [.. AllowedPorts]);

    internal IEnumerable<IsolationFault> Validate() =>
        [
            .. FindBadNames(nameof(Inherit), Inherit),
            .. FindBadNames(nameof(Secrets), Secrets),
            .. FindBadNames(
                nameof(Environment),
                Environment.Select(v => v.Value is null || v.Value.Contains('\0') ? "" : v.Key)
            ),
            .. Environment
                .Where(v => v.Value is not null && !Secrets.Contains(v.Key))
                .SelectMany(v => PlaceholderTemplate.Check(v.Value, $"'{v.Key}' in {nameof(Environment)}", Ports)),
            .. Secrets
                .Where(n =>
                    n is not null
                    && Environment.TryGetValue(n, out string? v)
                    && v is { Length: < SecretMask.MinLength }
                )
                .Select(TooShort),
            .. Teardown.SelectMany(FindTeardownFaults),
            .. Find(nameof(CopyFromHome), CopyFromHome, string.IsNullOrWhiteSpace, "has an empty path"),
            .. Find(nameof(ReadablePaths), ReadablePaths, string.IsNullOrWhiteSpace, "has an empty path"),
            .. Find(
                nameof(Ports),
                Ports,
                name => !PortName().IsMatch(name ?? ""),
                "has a name that is not made of letters, digits, dashes and underscores"
            ),
            .. Find(
                nameof(AllowedPorts),
                AllowedPorts,
                p => p is < 1 or > 65535,
                "has a number that is not from 1 to 65535"
            ),
            .. Find(
                nameof(EnvFile),
                [EnvFile],
                f => f is not null && !IsInside(f),
                "is not a path inside the workspace"
            ),
            .. Find(
                nameof(TeardownTimeout),
                [TeardownTimeout],
                t => t <= TimeSpan.Zero || t > TimeSpan.FromDays(1),
                "is not more than zero and at most a day",
                SandboxCodes.BadOption
            ),
            .. Limits.Validate(),
        ];

    internal IEnumerable<IsolationFault> FindProblems(HostVariables host)
    {
        foreach (string name in Secrets.Where(n => n is not null && !Environment.ContainsKey(n)))
        {
            if (string.IsNullOrEmpty(host[name]))
            {
                yield return new IsolationFault(
                    SandboxCodes.SecretMissing,
                    $"The host has no variable '{name}', which {nameof(Secrets)} names.",
                    $"Set {name} where the host is started, or give its value in {nameof(Environment)}."
                );
            }
            else if (host[name]!.Length < SecretMask.MinLength)
            {
                yield return TooShort(name);
            }
        }

        foreach (string path in ReadablePaths.Where(p => !string.IsNullOrWhiteSpace(p) && host.Resolve(p) is null))
        {
            yield return new IsolationFault(
                SandboxCodes.BadReadPath,
                $"'{path}' in {nameof(ReadablePaths)} is not the absolute path of something that exists.",
                "Give the full path of a file or folder below /, or one below the host's home as in \"~/.rustup\"."
            );
        }

        foreach (string path in CopyFromHome.Where(p => !string.IsNullOrWhiteSpace(p)))
        {
            if (HomeCopy.Resolve(path, host.Home).Fault is { } fault)
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<IsolationFault> FindBadNames(string option, IEnumerable<string?> names) =>
        Find(
            option,
            names,
            n => string.IsNullOrWhiteSpace(n) || n.AsSpan().IndexOfAny('=', '\0') >= 0,
            "is not a variable: a name has at least one character, no '=' and no NUL, and a value is not "
                + "null and has no NUL"
        );

    private static IEnumerable<IsolationFault> Find<T>(
        string option,
        IEnumerable<T> values,
        Predicate<T> isWrong,
        string what,
        string code = SandboxCodes.BadName
    ) =>
        values
            .Where(v => isWrong(v))
            .Select(v => new IsolationFault(code, $"{option} {what}: '{v}'.", $"Give {option} other values."));

    private IEnumerable<IsolationFault> FindTeardownFaults(WorkerCommand? command) =>
        command is null || string.IsNullOrWhiteSpace(command.File) || command.Arguments?.Contains(null!) != false
            ? Find(
                nameof(Teardown),
                [command],
                _ => true,
                "has a command without a program, or with an argument that is null",
                SandboxCodes.BadOption
            )
            : command
                .Arguments.Prepend(command.File)
                .SelectMany(word => PlaceholderTemplate.Check(word, $"The {nameof(Teardown)} command", Ports));

    // Git's own folder is nobody's to write to.
    private static bool IsInside(string file) =>
        !Path.IsPathRooted(file)
        && file.Split('/', '\\')
            .All(part => part is not ("" or "." or "..") && !part.Equals(".git", StringComparison.OrdinalIgnoreCase));

    private static IsolationFault TooShort(string name) =>
        new(
            SandboxCodes.SecretTooShort,
            $"The secret '{name}' has fewer than {SecretMask.MinLength} characters, and masking it would "
                + $"garble every text.",
            $"Use {nameof(Inherit)} or {nameof(Environment)} alone if it is not a secret."
        );

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex PortName();
}
