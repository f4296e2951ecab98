using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>What a worker's state is made of, on top of what every worker gets: an environment from nothing and folders of its own.</summary>
/// <remarks>Values are templates: <c>{worker}</c> is the attempt's name (<c>auth-123.2</c>, safe in paths), <c>{workspace}</c>, <c>{home}</c> and <c>{tmp}</c> are its folders, <c>{port:name}</c> is a port asked for by <see cref="Port"/>. Any other <c>{word}</c> is a fault.</remarks>
public sealed class ProcessSandboxOptions
{
    internal List<EnvironmentRule> Rules { get; } = [];

    internal List<string> Shared { get; } = [];

    internal List<string> Ports { get; } = [];

    internal List<WorkerCommand> Teardowns { get; } = [];

    internal List<string> Readable { get; } = [];

    internal NetworkAccess Network { get; private set; } = NetworkAccess.None;

    internal string? EnvFileName { get; private set; }

    /// <summary>Forces one mechanism; <see langword="null"/> takes the best there is.</summary>
    internal TreeStopMechanism? Mechanism { get; set; }

    /// <summary>Whether the kernel's groups keep limits where they can.</summary>
    internal bool LimitGroups { get; set; } = true;

    /// <summary>What one command may take, with everything it starts. <value>No limits.</value></summary>
    public ProcessLimits Limits { get; } = new();

    /// <summary>How many bytes of a command's log are kept: the newest. <value>16 MiB.</value></summary>
    public long LogLimitBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How long one teardown command may take before it is ended with everything it started. <value>30 seconds.</value></summary>
    public TimeSpan TeardownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Passes a variable of the host on, if the host has it.</summary>
    /// <param name="name">Its name.</param>
    public ProcessSandboxOptions Inherit(string name) =>
        Add(new EnvironmentRule(name, null, EnvironmentOrigin.Inherited));

    /// <summary>Sets a variable; it wins over what the library would set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="template">Its value.</param>
    public ProcessSandboxOptions Set(string name, string template) =>
        Add(new EnvironmentRule(name, template, EnvironmentOrigin.Option));

    /// <summary>Passes a secret of the host on. Its value is masked in every log, status and report of the library; workers see it in the clear.</summary>
    /// <param name="name">The variable that holds it, at the host and in the worker. Its value needs at least four characters, or masking would garble every text.</param>
    public ProcessSandboxOptions Secret(string name) => Add(new EnvironmentRule(name, null, EnvironmentOrigin.Secret));

    /// <summary>Copies a file or folder of the host's home to the same place in each worker's home, for an agent's login.</summary>
    /// <remarks>A copy, not a link: whatever a worker does to it, the host and the siblings never see it, and a login that the tool renews stays renewed in that worker only. Copied files are made
    /// read-only; folders are not, because tools keep their own state beside their login. A link to a file is copied as that file, a link to a folder is left out.</remarks>
    /// <param name="path">A path below the host's home, as in <c>~/.claude</c>.</param>
    public ProcessSandboxOptions CopyFromHome(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Shared.Add(path);
        return this;
    }

    /// <summary>Lets confined and sealed workers read and run what is at a path of the host. An ordinary process may read it anyway.</summary>
    /// <remarks>Without it they read the system's folders (<c>/usr</c>, <c>/etc</c>, <c>/opt</c> and the like), the folders on PATH, the toolchain's root, the host's NuGet packages and the repository's objects.</remarks>
    /// <param name="path">An absolute path, or one below the host's home as in <c>~/.rustup</c>.</param>
    public ProcessSandboxOptions AllowRead(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Readable.Add(path);
        return this;
    }

    /// <summary>Lets confined workers onto the host's network. Without it they reach only the ports they lease. A sealed worker never reaches it, and asking is a fault.</summary>
    /// <remarks>The kernel knows ports, not hosts: a port that is allowed is allowed on this machine, too, where a sibling may listen. With any port allowed, UDP is open, for names to be looked up.</remarks>
    /// <param name="ports">TCP ports that workers may connect to; none for all of the network.</param>
    public ProcessSandboxOptions AllowNetwork(params int[] ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        Network =
            ports.Length == 0 ? Network with { IsOpen = true } : Network with { Ports = [.. Network.Ports, .. ports] };
        return this;
    }

    /// <summary>Leases a TCP port that no other worker on this machine gets; workers see it as <c>ISOLATION_PORT_NAME</c> and values as <c>{port:name}</c>.</summary>
    /// <param name="name">What it is for: letters, digits, dash and underscore.</param>
    public ProcessSandboxOptions Port(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Ports.Add(name);
        return this;
    }

    /// <summary>Writes a file of variables into each workspace, for tools that read one; commands get the variables too. Git ignores the file inside the worker's state, so it is never captured.</summary>
    /// <param name="path">Its place in the workspace, as in <c>.env.local</c>. A file that is there already is a fault.</param>
    /// <param name="variables">Names and templates.</param>
    public ProcessSandboxOptions EnvFile(string path, params (string Name, string Template)[] variables)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(variables);
        EnvFileName = path;
        foreach ((string name, string template) in variables)
        {
            Add(new EnvironmentRule(name, template, EnvironmentOrigin.EnvFile));
        }

        return this;
    }

    /// <summary>Runs a command when the scope ends, however it ends: to drop a test database, say. It runs inside the scope, after every process of the worker has ended.</summary>
    /// <remarks>A scope found again after a crash of the host runs no teardown: nothing of a dead run's commands is executed by a sweep.</remarks>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments; templates.</param>
    public ProcessSandboxOptions Teardown(string file, params string[] arguments)
    {
        Teardowns.Add(WorkerCommand.Of(file, arguments));
        return this;
    }

    private ProcessSandboxOptions Add(EnvironmentRule rule)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(rule.Name);
        Rules.Add(rule);
        return this;
    }
}
