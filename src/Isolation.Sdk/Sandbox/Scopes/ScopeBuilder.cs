using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Sandbox;

/// <summary>Puts a scope together, whole or not at all.</summary>
internal sealed class ScopeBuilder(
    ScopeResources parts,
    HostVariables host,
    WorkerGitConfig git,
    IProcessConfinement? seal = null
)
{
    private const string EnvFileHeader = "# Written by Isolation.Sdk for this worker.";
    private ScopeResources _parts = parts;

    public IStateScope Build(CancellationToken cancellationToken)
    {
        // A suspended attempt that goes on finds its home as it left it.
        bool resumed = _parts.Folders.Exist();
        try
        {
            _parts.Folders.Create();
            WriteConfigs();
            CopyShared();
            cancellationToken.ThrowIfCancellationRequested();
            Dictionary<string, int> ports = TakePorts();
            string worker = AttemptNames.FileName(_parts.Attempt);
            Dictionary<string, string> values = PlaceholderTemplate.Values(
                _parts.Attempt,
                _parts.Item,
                _parts.Workspace,
                _parts.Folders.Home,
                _parts.Folders.Temp,
                ports
            );
            string Fill(string template) => PlaceholderTemplate.Fill(template, values, "A value of the sandbox");
            EnvironmentBuilder defaults = new EnvironmentBuilder(host).AddDefaults(
                _parts.Attempt.ToString(),
                worker,
                git.Ceiling(_parts.Workspace),
                _parts.Folders
            );
            IReadOnlyList<EnvironmentEntry> environment = (
                seal is RestrictedConfinement ? defaults.AddConfined() : defaults
            )
                .AddPorts(ports)
                .AddRules(_parts.Options.Rules, Fill)
                .Build();
            _parts = _parts with
            {
                Teardowns =
                [
                    .. _parts.Options.Teardowns.Select(c => c with { Arguments = [.. c.Arguments.Select(Fill)] }),
                ],
            };
            WriteEnvFile(environment);
            _parts = _parts with { Seal = seal?.ForScope(Reach(environment, ports.Values)) };
            return new ProcessScope(
                _parts,
                new StateInfo(_parts.Folders.Home, _parts.Folders.Temp, environment, ports)
            );
        }
        catch
        {
            _parts.Release(keepFolders: resumed);
            throw;
        }
    }

    private AccessScope Reach(IReadOnlyList<EnvironmentEntry> environment, IEnumerable<int> ports)
    {
        Dictionary<string, string> variables = environment.ToDictionary(
            e => e.Name,
            e => e.Value,
            StringComparer.Ordinal
        );
        IEnumerable<string> packages = host.NuGetPackages is { } folder && Directory.Exists(folder) ? [folder] : [];
        string[] read =
        [
            .. Isolation.Sdk.Platform.AccessScope.Toolchains(variables),
            .. packages,
            .. BarrierFiles.FindVisible(_parts.Workspace, git.TopLevel),
            .. Isolation.Sdk.Platform.AccessScope.Objects(git.CommonDirectory),
            .. ReadablePaths.Of(_parts.Options, host),
        ];
        ReadablePaths.ThrowIfExposed(_parts.Folders.Root, read);
        return new AccessScope(
            read,
            [_parts.Workspace, _parts.Folders.Home, _parts.Folders.Cache, _parts.Folders.Temp],
            [.. ports],
            _parts.Options.Network
        );
    }

    private void WriteConfigs()
    {
        string home = _parts.Folders.Home;
        ToolConfigFiles.WriteGit(Path.Combine(home, ".gitconfig"), git.For(_parts.Workspace));
        string nuget = OperatingSystem.IsWindows()
            ? Path.Combine(home, "AppData", "Roaming", "NuGet", "NuGet.Config")
            : Path.Combine(home, ".nuget", "NuGet", "NuGet.Config");
        ToolConfigFiles.WriteNuGet(nuget, host.NuGetConfig, host.NuGetPackages);
        ToolConfigFiles.WriteNuGetMigrated(home);
        if (_parts.Options.EnvFileName is { } file)
        {
            ToolConfigFiles.WriteGitIgnore(Path.Combine(home, ".config", "git", "ignore"), file);
        }
    }

    private void CopyShared()
    {
        foreach (string path in _parts.Options.Shared)
        {
            (string? from, string? relative, _) = HomeCopy.Resolve(path, host.Home);
            string to = Path.Combine(_parts.Folders.Home, relative!);
            if (!File.Exists(to) && !Directory.Exists(to))
            {
                HomeCopy.Copy(from!, to);
            }
        }
    }

    private Dictionary<string, int> TakePorts()
    {
        Dictionary<string, int> ports = new(StringComparer.Ordinal);
        if (_parts.Options.Ports.Count == 0)
        {
            return ports;
        }

        PortPool pool = PortPool.OfThisUser();
        foreach (string name in _parts.Options.Ports.Distinct(StringComparer.Ordinal))
        {
            PortLease lease = pool.Take();
            _parts = _parts with { Ports = [.. _parts.Ports, lease] };
            ports[name] = lease.Port;
        }

        return ports;
    }

    private void WriteEnvFile(IReadOnlyList<EnvironmentEntry> environment)
    {
        if (_parts.Options.EnvFileName is not { } name)
        {
            return;
        }

        string path = Path.Combine(_parts.Workspace, name);
        if (Path.Exists(path) && File.ReadLines(path).FirstOrDefault() != EnvFileHeader)
        {
            throw new IsolationException(
                SandboxCodes.EnvFileExists,
                $"'{name}' is in the workspace already.",
                "Give the env file another name, or keep that file out of the workspace."
            )
            {
                Attempt = _parts.Attempt,
            };
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(
            path,
            [
                EnvFileHeader,
                .. environment.Where(e => e.Origin == EnvironmentOrigin.EnvFile).Select(e => $"{e.Name}={e.Value}"),
            ]
        );
        _parts = _parts with { EnvFile = path };
    }
}
