using Isolation.Sdk.Sandbox;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

public abstract partial class StateSandboxConformance
{
    // Where tools keep what they may use again; whoever sets one has to set it for one worker alone.
    private static readonly string[] CacheVariables =
    [
        "XDG_CACHE_HOME",
        "NUGET_HTTP_CACHE_PATH",
        "NUGET_SCRATCH",
        "npm_config_cache",
        "YARN_CACHE_FOLDER",
        "PIP_CACHE_DIR",
        "CARGO_TARGET_DIR",
        "GOCACHE",
        "GRADLE_USER_HOME",
        "DOTNET_CLI_HOME",
    ];

    /// <summary>A command sees exactly the variables that the scope declares, and nothing of the host's.</summary>
    [Conformance(Proves = IsolationGuarantees.Environment)]
    public Task The_environment_is_what_the_scope_declares() =>
        PairAsync(
            async (_, one, two) =>
            {
                // A shell sets these for itself, whatever it was given.
                string[] ofTheShell = ["PWD", "OLDPWD", "SHLVL", "_"];
                Dictionary<string, string> seen = await SeenAsync(one).ConfigureAwait(false);
                Dictionary<string, string> later = await SeenAsync(one).ConfigureAwait(false);
                Dictionary<string, string> declared = one.Info.Environment.ToDictionary(
                    e => e.Name,
                    e => e.Value,
                    StringComparer.Ordinal
                );

                // What is new for every command marks that command, and carries nothing from anywhere.
                string[] undeclared =
                [
                    .. seen
                        .Keys.Except(declared.Keys)
                        .Except(ofTheShell)
                        .Where(n => later.GetValueOrDefault(n) == seen[n]),
                ];
                Require(seen.Count > 0, "The command 'env' showed nothing.");
                RequireEqual(0, undeclared.Length, $"Seen and not declared: {string.Join(", ", undeclared)}.");
                string[] differing =
                [
                    .. declared.Where(e => seen.GetValueOrDefault(e.Key) != e.Value).Select(e => e.Key),
                ];
                Require(differing.Length == 0, $"Declared and not seen as declared: {string.Join(", ", differing)}.");
                Require(one.Info.Environment.All(e => e.Origin.Length > 0), "A variable has no origin.");
                Require(
                    !ReferenceEquals(one.Info.Environment, two.Info.Environment),
                    "Two workers share one environment."
                );
            }
        );

    /// <summary>Temporary files of one worker are its own.</summary>
    [Conformance(Proves = IsolationGuarantees.Temp)]
    public Task Temp_is_the_workers_own() =>
        PairAsync(
            async (_, one, two) =>
            {
                await ShellAsync(one, "echo x > \"${TMPDIR:-/tmp}/probe\"").ConfigureAwait(false);
                Require(
                    File.Exists(Path.Combine(one.Info.Temp, "probe")),
                    "A temporary file did not land in the worker's own folder."
                );
                Require(
                    !File.Exists(Path.Combine(two.Info.Temp, "probe")) && one.Info.Temp != two.Info.Temp,
                    "Two workers share a temp folder."
                );
                Require(
                    new[] { "TMPDIR", "TEMP", "TMP" }.All(n =>
                        one.Info.Environment.Any(e => e.Name == n && e.Value == one.Info.Temp)
                    ),
                    "TMPDIR, TEMP and TMP do not all name the worker's temp folder."
                );
            }
        );

    /// <summary>HOME and the XDG folders are the worker's own.</summary>
    [Conformance(Proves = IsolationGuarantees.Home)]
    public Task Home_is_the_workers_own() =>
        PairAsync(
            async (_, one, two) =>
            {
                await ShellAsync(
                        one,
                        "echo x > ~/probe; mkdir -p \"${XDG_CONFIG_HOME:-$HOME/.config}\"; echo x > "
                            + "\"${XDG_CONFIG_HOME:-$HOME/.config}/probe\""
                    )
                    .ConfigureAwait(false);
                Require(
                    File.Exists(Path.Combine(one.Info.Home, "probe")),
                    "A file in ~ did not land in the worker's own home."
                );
                Require(
                    one.Info.Home != two.Info.Home
                        && one.Info.Home != Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                    "The home is shared."
                );
                ExecResult other = await ShellAsync(two, "ls -A ~ \"${XDG_CONFIG_HOME:-$HOME/.config}\" 2>/dev/null")
                    .ConfigureAwait(false);
                RequireWithout("probe", other.Output, "Another worker sees the file.");
            }
        );

    /// <summary>No cache of tools is shared for writing.</summary>
    [Conformance(Proves = IsolationGuarantees.Caches)]
    public Task Caches_are_the_workers_own() =>
        PairAsync(
            async (_, one, two) =>
            {
                foreach (string name in CacheVariables)
                {
                    string? mine = one.Info.Environment.FirstOrDefault(e => e.Name == name)?.Value;
                    Require(
                        mine is null || mine != two.Info.Environment.FirstOrDefault(e => e.Name == name)?.Value,
                        $"{name} is the same for two workers."
                    );
                }

                await ShellAsync(
                        one,
                        "mkdir -p \"${XDG_CACHE_HOME:-$HOME/.cache}\"; echo x > "
                            + "\"${XDG_CACHE_HOME:-$HOME/.cache}/probe\""
                    )
                    .ConfigureAwait(false);
                ExecResult other = await ShellAsync(two, "ls -A \"${XDG_CACHE_HOME:-$HOME/.cache}\" 2>/dev/null")
                    .ConfigureAwait(false);
                RequireWithout("probe", other.Output, "Another worker sees the cache.");
            }
        );

    /// <summary>Two workers never get one port, and each port is free.</summary>
    [Conformance(Proves = IsolationGuarantees.Ports)]
    public Task Ports_are_the_workers_own() =>
        PairAsync(
            (_, one, two) =>
            {
                Require(
                    one.Info.Ports.Count > 0,
                    "No port is configured; configure one in CreateAsync so that there is something to look at."
                );
                Require(!one.Info.Ports.Values.Intersect(two.Info.Ports.Values).Any(), "Two workers got one port.");
                Require(one.Info.Ports.Values.Concat(two.Info.Ports.Values).All(CanBind), "A leased port is not free.");
                return Task.CompletedTask;
            }
        );

    /// <summary>The whole tree ends with the worker: a daemonised grandchild too.</summary>
    [Conformance(Proves = IsolationGuarantees.Processes)]
    public Task The_whole_tree_ends_with_the_worker() =>
        WithAsync(
            async (bench, scope, work) =>
            {
                LeakSnapshot before = await LeakAssert.SnapshotAsync(bench.Repository.Path).ConfigureAwait(false);
                IWorkerProcess process = await scope
                    .StartAsync(
                        WorkerCommand.Of(
                            "sh",
                            "-c",
                            "(setsid sh -c 'trap \"\" TERM HUP; echo x > daemon; while [ -e daemon ]; do "
                                + "sleep 1; done' </dev/null >/dev/null 2>&1 &) ; exec sleep 60"
                        )
                    )
                    .ConfigureAwait(false);
                await using (process.ConfigureAwait(false))
                {
                    await UntilAsync(() => File.Exists(Path.Combine(work.Path, "daemon"))).ConfigureAwait(false);
                    ExecResult exit = await process.StopAsync(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
                    Require(exit.Mechanism.Length > 0, "It does not say how the tree was ended.");
                    Leak[] alive =
                    [
                        .. (await before.FindLeaksAsync().ConfigureAwait(false)).Where(l => l.Kind == LeakKind.Process),
                    ];
                    RequireEqual(
                        0,
                        alive.Length,
                        $"Outlived its worker: {string.Join("; ", alive.Select(l => l.What))}."
                    );
                }
            }
        );

    /// <summary>A worker cannot write outside of what it owns, nor read another's.</summary>
    [Conformance(Proves = IsolationGuarantees.Confinement)]
    public Task The_kernel_confines_files() =>
        PairAsync(
            async (bench, one, two) =>
            {
                await File.WriteAllTextAsync(Path.Combine(two.Info.Home, "private"), "secret").ConfigureAwait(false);
                string outside = Path.Combine(bench.Repository.Path, "shared.txt");
                ExecResult result = await one.ExecAsync(
                        WorkerCommand.Of(
                            "sh",
                            "-c",
                            "echo x >> \"$1\"; cat \"$2\"; true",
                            "sh",
                            outside,
                            Path.Combine(two.Info.Home, "private")
                        )
                    )
                    .ConfigureAwait(false);
                RequireEqual(
                    "one\n",
                    await File.ReadAllTextAsync(outside).ConfigureAwait(false),
                    "A worker wrote into the canonical checkout."
                );
                RequireWithout("secret", result.Output, "A worker read another's home.");
            }
        );

    /// <summary>A worker does not reach what listens on the host.</summary>
    [Conformance(Proves = IsolationGuarantees.Network)]
    public Task The_hosts_network_is_not_reached() =>
        WithAsync(
            async (_, scope, _) =>
            {
                using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
                listener.Start();
                string port = Text(((System.Net.IPEndPoint)listener.LocalEndpoint).Port);
                ExecResult result = await scope
                    .ExecAsync(
                        WorkerCommand.Of("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$1 && echo reached", "bash", port)
                    )
                    .ConfigureAwait(false);
                RequireWithout("reached", result.Output, "A worker reached a port of the host.");
            }
        );

    /// <summary>What takes more than its limit is ended, and the limit is named. Limit the size of a file to at most 16
    /// MB in CreateAsync.</summary>
    [Conformance(Proves = IsolationGuarantees.Resources)]
    public Task Limits_hold() =>
        WithAsync(
            async (_, scope, _) =>
            {
                IWorkerProcess process = await scope
                    .StartAsync(
                        WorkerCommand.Of("sh", "-c", "exec head -c 67108864 /dev/zero > \"${TMPDIR:-/tmp}/endless\"")
                    )
                    .ConfigureAwait(false);
                await using (process.ConfigureAwait(false))
                {
                    ExecResult exit = await process.Exit.ConfigureAwait(false);
                    Require(
                        exit.ExitCode != 0 && exit is { Limit.Length: > 0, LimitMechanism.Length: > 0 },
                        $"A command wrote 64 MB; it ended with {exit.ExitCode}, by the limit '{exit.Limit}'."
                    );
                }
            }
        );

    private static async Task<Dictionary<string, string>> SeenAsync(IStateScope scope)
    {
        ExecResult result = await scope.ExecAsync(WorkerCommand.Of("env", "-0")).ConfigureAwait(false);
        return result
            .Output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(v => v.Split('=', 2))
            .ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
    }
}
