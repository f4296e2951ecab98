using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Sandbox;

internal sealed class ScopeBuilder(
    ScopeResources resources,
    WorkItem? item,
    HostVariables host,
    WorkerGitConfig git,
    IProcessConfinement? confinement
)
{
    private const string EnvFileHeader = "# Written by Isolation.Sdk for this worker.";
    private readonly ProcessSandboxOptions _options = resources.Options;
    private readonly ScopeFolders _folders = resources.Folders;
    private ScopeResources _resources = resources;

    public IStateScope Build(CancellationToken cancellationToken)
    {
        // A suspended attempt that goes on finds its home as it left it.
        bool resumed = _folders.Exist();
        try
        {
            _folders.Create();
            WriteConfigs();
            CopyFromHome();
            WriteIgnored();
            cancellationToken.ThrowIfCancellationRequested();
            Dictionary<string, int> ports = TakePorts();
            Dictionary<string, string> values = PlaceholderTemplate.Values(
                _resources.Attempt,
                item,
                _resources.Workspace,
                _folders.Home,
                _folders.Temp,
                ports
            );
            string Fill(string template, string where) => PlaceholderTemplate.Fill(template, values, where);
            IReadOnlyList<EnvironmentEntry> environment = new WorkerEnvironment(
                host,
                git.RelocatorTo(_resources.Workspace)
            )
                .AddDefaults(
                    values["attempt"],
                    values["worker"],
                    git.Ceiling(_resources.Workspace),
                    _folders,
                    [.. git.OfTheFileSystem, .. git.IdentityIn(_resources.Workspace)]
                )
                .Add(confinement?.Variables ?? [])
                .AddPorts(ports)
                .AddOptions(_options, Fill)
                .Build();
            _resources = _resources with
            {
                Teardowns =
                [
                    .. _options.Teardown.Select(c =>
                        c with
                        {
                            File = Fill(c.File, c.File),
                            Arguments = [.. c.Arguments.Select(a => Fill(a, c.File))],
                        }
                    ),
                ],
            };
            WriteEnvFile(environment);
            _resources = _resources with { Confinement = confinement?.ForScope(Access(environment, ports.Values)) };
            return new ProcessScope(_resources, new StateInfo(_folders.Home, _folders.Temp, environment, ports));
        }
        catch
        {
            _resources.Release(keepFolders: resumed);
            throw;
        }
    }

    private AccessScope Access(IReadOnlyList<EnvironmentEntry> environment, IEnumerable<int> ports)
    {
        IEnumerable<string> packages = host.NuGetPackages is { } folder && Directory.Exists(folder) ? [folder] : [];
        string[] read =
        [
            .. AccessScope.Toolchains(environment.ToDictionary(e => e.Name, e => e.Value)),
            .. packages,
            .. BarrierFiles.FindVisible(_resources.Workspace, git.TopLevel),
            .. AccessScope.Objects(git.CommonDirectory),
            .. git.CommonDirectory is { } common
                ? ModuleDirectories.FindAll(common).SelectMany(m => AccessScope.Objects(Path.Combine(common, m)))
                : [],
            .. _options.ReadablePaths.Select(host.Resolve).OfType<string>(),
        ];
        AccessScope.ThrowIfExposed(_folders.Root, read);
        return new AccessScope(
            read,
            [_resources.Workspace, _folders.Home, _folders.Cache, _folders.Temp],
            [.. ports],
            _options.Network
        );
    }

    private void WriteConfigs()
    {
        string home = _folders.Home;
        ToolConfigFiles.WriteGit(Path.Combine(home, ".gitconfig"), git.For(_resources.Workspace));
        string nuget = OperatingSystem.IsWindows()
            ? Path.Combine(home, "AppData", "Roaming", "NuGet", "NuGet.Config")
            : Path.Combine(home, ".nuget", "NuGet", "NuGet.Config");
        ToolConfigFiles.WriteNuGet(nuget, host.NuGetConfig, host.NuGetPackages);
        ToolConfigFiles.WriteNuGetMigrated(home);
    }

    // The worker's git and the capture see the same.
    private void WriteIgnored()
    {
        string path = Path.Combine(_folders.Home, ".config", "git", "ignore");
        string[] parts =
        [
            git.Ignored,
            .. _options.EnvFile is { } file ? ["/" + file.Replace('\\', '/')] : Array.Empty<string>(),
        ];
        if (string.Join('\n', parts.Where(p => p.Length > 0)) is { Length: > 0 } text)
        {
            ToolConfigFiles.WriteGitIgnore(path, text);
        }
    }

    private void CopyFromHome()
    {
        foreach (string path in _options.CopyFromHome)
        {
            (string? from, string? relative, _) = HomeCopy.Resolve(path, host.Home);
            string to = Path.Combine(_folders.Home, relative!);
            if (!Path.Exists(to))
            {
                HomeCopy.Copy(from!, to);
            }
        }
    }

    private Dictionary<string, int> TakePorts()
    {
        Dictionary<string, int> ports = [];
        foreach (string name in _options.Ports.Distinct())
        {
            PortLease lease = PortPool.OfThisUser().Take();
            _resources = _resources with { Ports = [.. _resources.Ports, lease] };
            ports[name] = lease.Port;
        }

        return ports;
    }

    private void WriteEnvFile(IReadOnlyList<EnvironmentEntry> environment)
    {
        if (_options.EnvFile is not { } name)
        {
            return;
        }

        string path = Path.Combine(_resources.Workspace, name);
        if (Path.Exists(path) && File.ReadLines(path).FirstOrDefault() != EnvFileHeader)
        {
            throw Fault(
                SandboxCodes.EnvFileExists,
                $"'{name}' is in the workspace already.",
                "Give the env file another name, or keep that file out of the workspace."
            );
        }

        EnvironmentEntry[] entries = [.. environment.Where(e => e.Origin == EnvironmentEntry.Option)];
        if (entries.FirstOrDefault(e => e.Value.AsSpan().ContainsAny('\r', '\n')) is { } tooLong)
        {
            throw Fault(
                SandboxCodes.BadTemplate,
                $"The value of '{tooLong.Name}' has several lines, which an env file cannot hold.",
                "Leave the variable or the env file out."
            );
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, [EnvFileHeader, .. entries.Select(e => $"{e.Name}={e.Value}")]);
        _resources = _resources with { EnvFile = path };
    }

    private IsolationException Fault(string code, string message, string remedy) =>
        new(code, message, remedy) { Attempt = _resources.Attempt };
}
