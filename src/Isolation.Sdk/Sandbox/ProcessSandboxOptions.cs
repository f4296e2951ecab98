using System.Text.RegularExpressions;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>What a worker's state has beyond what every worker gets: an environment from nothing and its own folders.</summary>
/// <remarks>
/// Values in <see cref="Environment"/>, <see cref="EnvFileVariables"/> and <see cref="Teardown"/> are templates: <c>{attempt}</c>, <c>{item}</c>, <c>{title}</c> and <c>{instructions}</c>; <c>{worker}</c>, the attempt's
/// name (<c>auth-123.2</c>, safe in paths); <c>{worker_id}</c>, the same for an SQL name; the folders <c>{workspace}</c>, <c>{home}</c> and <c>{tmp}</c>; <c>{briefing}</c>, the briefing's file; <c>{port:name}</c>, a port from
/// <see cref="Ports"/>. Any other <c>{word}</c> is a fault; write <c>{{word}}</c> for the text itself. If a variable is named twice, a secret wins over <see cref="EnvFileVariables"/>, these over
/// <see cref="Environment"/>, and that over <see cref="Inherit"/>.
/// </remarks>
public sealed partial class ProcessSandboxOptions : IOptionsWithFaults
{
    /// <summary>The environment variables of the host that workers get, if the host has them.</summary>
    public IList<string> Inherit { get; } = [];

    /// <summary>The variables to set, with templates as values. They win over what the library sets.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    /// <summary>The environment variables of the host that hold secrets for workers. Their values are masked in every log, status and report; workers see them. A secret needs at least four characters, or masking would garble every text.</summary>
    public IList<string> Secrets { get; } = [];

    /// <summary>Secrets by name and value, for those that come from configuration or a vault. They are masked, too.</summary>
    public IDictionary<string, string> SecretValues { get; } = new Dictionary<string, string>();

    /// <summary>The files and folders below the host's home, as in <c>~/.claude</c>, that are copied to the same place in each worker's home: an agent's login, say.</summary>
    /// <remarks>Whatever a worker does to its copy, the host and other workers never see it. Copied files are read-only; folders are not, because tools keep their own state there. A link to a file is copied as that file; a link to a folder is left out.</remarks>
    public IList<string> CopyFromHome { get; } = [];

    /// <summary>The paths that restricted and sealed workers may read and run: absolute, or below the host's home as in <c>~/.rustup</c>. Cooperative workers may read them anyway.</summary>
    /// <remarks>Without this, workers can read the system's folders (<c>/usr</c>, <c>/etc</c>, <c>/opt</c> and the like), the folders on PATH, the toolchain's root, the host's NuGet packages and the repository's objects.</remarks>
    public IList<string> ReadablePaths { get; } = [];

    /// <summary>Whether restricted workers can use the host's network. A sealed worker never can, and asking for it is a fault. <value>false: only the ports they lease.</value></summary>
    public bool AllowNetwork { get; set; }

    /// <summary>The TCP ports that restricted workers may connect to, if not the whole network.</summary>
    /// <remarks>The kernel knows ports, not hosts: an allowed port is allowed on this machine as well, where another worker may listen. With any port allowed, UDP is open so that names can be looked up.</remarks>
    public IList<int> AllowedPorts { get; } = [];

    /// <summary>The names of TCP ports to lease, which no other worker on this machine gets. Workers see each as <c>ISOLATION_PORT_NAME</c>.</summary>
    public IList<string> Ports { get; } = [];

    /// <summary>A file in each workspace that gets <see cref="EnvFileVariables"/>, as in <c>.env.local</c>. Git ignores it in the worker's state, so it is never captured; a file that is already there is a fault. <value>null: no file.</value></summary>
    public string? EnvFile { get; set; }

    /// <summary>The variables of <see cref="EnvFile"/>, with templates as values. Commands get them too.</summary>
    public IDictionary<string, string> EnvFileVariables { get; } = new Dictionary<string, string>();

    /// <summary>The commands to run when a scope ends, however it ends: to drop a test database, say. They run in the scope, after all of the worker's processes have ended. Their arguments are templates.</summary>
    /// <remarks>A scope that is found again after a crash of the host runs no teardown.</remarks>
    public IList<WorkerCommand> Teardown { get; } = [];

    /// <summary>The time that one teardown command may take before it is ended with everything it started. <value>30 seconds</value></summary>
    public TimeSpan TeardownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The maximum length of a command's log in bytes; the newest are kept. <value>16 MiB</value></summary>
    public long MaxLogBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How much one command may use, with everything it starts. <value>No limits</value></summary>
    public ProcessLimits Limits { get; } = new();

    /// <summary>The variables to take for the host's environment, where PATH, HOME, <see cref="Inherit"/> and <see cref="Secrets"/> are read. <value>null: this process's own.</value></summary>
    public IDictionary<string, string>? HostEnvironment { get; set; }

    /// <summary>Forces one way to end process trees; <see langword="null"/> takes the best there is.</summary>
    internal TreeStopMechanism? Mechanism { get; set; }

    /// <summary>Whether control groups enforce limits where they can.</summary>
    internal bool UseLimitCgroups { get; set; } = true;

    /// <summary>The parts of the confinement; only tests leave any out.</summary>
    internal ConfinementParts Parts { get; set; } = ConfinementParts.All;

    internal NetworkAccess Network => new(AllowNetwork, [.. AllowedPorts]);

    IEnumerable<IsolationFault> IOptionsWithFaults.Validate() => Validate();

    /// <summary>What is wrong with the values, whatever the machine.</summary>
    internal IEnumerable<IsolationFault> Validate() =>
        [
            .. Names(nameof(Inherit), Inherit),
            .. Names(nameof(Secrets), Secrets),
            .. Variables(nameof(Environment), Environment, isTemplate: true),
            .. Variables(nameof(EnvFileVariables), EnvFileVariables, isTemplate: true),
            .. Variables(nameof(SecretValues), SecretValues, isTemplate: false),
            .. EnvFileVariables
                .Where(v => v.Value?.AsSpan().ContainsAny('\r', '\n') == true)
                .Select(v => SeveralLines(v.Key)),
            .. SecretValues.Where(s => s.Value is { Length: < SecretMask.MinLength }).Select(s => TooShort(s.Key)),
            .. Teardown.SelectMany(TeardownFaults),
            .. new[] { (nameof(CopyFromHome), CopyFromHome), (nameof(ReadablePaths), ReadablePaths) }
                .Where(list => list.Item2.Any(string.IsNullOrWhiteSpace))
                .Select(list => new IsolationFault(
                    SandboxCodes.BadName,
                    $"{list.Item1} has an empty path.",
                    "Give the path of a file or folder."
                )),
            .. Ports
                .Where(name => !PortName().IsMatch(name ?? ""))
                .Select(name => new IsolationFault(
                    SandboxCodes.BadName,
                    $"'{name}' in {nameof(Ports)} cannot name a port.",
                    "Use letters, digits, dashes and underscores."
                )),
            .. AllowedPorts
                .Where(port => port is < 1 or > 65535)
                .Select(port => new IsolationFault(
                    SandboxCodes.BadName,
                    $"{port} in {nameof(AllowedPorts)} is not a TCP port.",
                    "Give a number from 1 to 65535."
                )),
            .. EnvFile is { } file && !IsInside(file)
                ?
                [
                    new IsolationFault(
                        SandboxCodes.BadName,
                        $"'{file}' cannot be the {nameof(EnvFile)}.",
                        "Give a path inside the workspace, as in \".env.local\"."
                    ),
                ]
                : Enumerable.Empty<IsolationFault>(),
            .. EnvFile is null && EnvFileVariables.Count > 0
                ?
                [
                    new IsolationFault(
                        SandboxCodes.BadOption,
                        $"{nameof(EnvFileVariables)} has variables, and {nameof(EnvFile)} is not set.",
                        $"Set {nameof(EnvFile)}, as in \".env.local\", or use {nameof(Environment)}."
                    ),
                ]
                : Enumerable.Empty<IsolationFault>(),
            .. MaxLogBytes <= 0
                ? [OutOfRange(nameof(MaxLogBytes), MaxLogBytes.ToString(null, null), "a positive number of bytes")]
                : Enumerable.Empty<IsolationFault>(),
            .. TeardownTimeout <= TimeSpan.Zero || TeardownTimeout > TimeSpan.FromDays(1)
                ? [OutOfRange(nameof(TeardownTimeout), $"{TeardownTimeout}", "more than zero and at most a day")]
                : Enumerable.Empty<IsolationFault>(),
            .. Limits.Validate(),
        ];

    /// <summary>What this machine and the host's environment lack for the values.</summary>
    internal IEnumerable<IsolationFault> FindProblems(HostVariables host)
    {
        foreach (string name in Secrets.Where(n => n is not null && !SecretValues.ContainsKey(n)))
        {
            if (string.IsNullOrEmpty(host[name]))
            {
                yield return new IsolationFault(
                    SandboxCodes.SecretMissing,
                    $"The host has no variable '{name}', which {nameof(Secrets)} names.",
                    $"Set {name} where the host is started, or give its value in {nameof(SecretValues)}."
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

    private static IEnumerable<IsolationFault> Names(string option, IEnumerable<string> names) =>
        names.Where(n => !IsName(n)).Select(n => BadName(option, n));

    private IEnumerable<IsolationFault> Variables(
        string option,
        IEnumerable<KeyValuePair<string, string>> variables,
        bool isTemplate
    ) =>
        variables.SelectMany(v =>
            !IsName(v.Key) || v.Value is null || v.Value.Contains('\0', StringComparison.Ordinal)
                ? [BadName(option, v.Key)]
            : isTemplate ? PlaceholderTemplate.Check(v.Value, $"'{v.Key}' in {option}", Ports)
            : []
        );

    private IEnumerable<IsolationFault> TeardownFaults(WorkerCommand? command) =>
        command is null || string.IsNullOrWhiteSpace(command.File) || command.Arguments?.Contains(null!) != false
            ?
            [
                new IsolationFault(
                    SandboxCodes.BadOption,
                    $"A command in {nameof(Teardown)} has no program, or an argument that is null.",
                    "Give a program and its arguments."
                ),
            ]
            : command
                .Arguments.Prepend(command.File)
                .SelectMany(word => PlaceholderTemplate.Check(word, $"The {nameof(Teardown)} command", Ports));

    private static bool IsName(string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.AsSpan().IndexOfAny('=', '\0') < 0;

    // Git's own folder is nobody's to write to.
    private static bool IsInside(string file) =>
        !Path.IsPathRooted(file)
        && file.Split('/', '\\')
            .All(part => part is not ("" or "." or "..") && !part.Equals(".git", StringComparison.OrdinalIgnoreCase));

    private static IsolationFault BadName(string option, string? name) =>
        new(
            SandboxCodes.BadName,
            $"'{name}' in {option} cannot be a variable.",
            "A name has at least one character and no '='. Neither names nor values have a NUL, and a value is not null."
        );

    private static IsolationFault SeveralLines(string name) =>
        new(
            SandboxCodes.BadTemplate,
            $"The value of '{name}' has several lines, which an env file cannot hold.",
            $"Use {nameof(Environment)} for it."
        );

    private static IsolationFault TooShort(string name) =>
        new(
            SandboxCodes.SecretTooShort,
            $"The secret '{name}' has fewer than {SecretMask.MinLength} characters, and masking it would garble every text.",
            $"Use {nameof(Inherit)} or {nameof(Environment)} if it is not a secret."
        );

    private static IsolationFault OutOfRange(string option, string value, string range) =>
        new(SandboxCodes.BadOption, $"{option} is {value}.", $"Give {range}.");

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex PortName();
}
