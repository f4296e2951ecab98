using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>A folder with workspaces and the scopes opened around them, gone when disposed.</summary>
internal sealed class SandboxFixture : IAsyncDisposable
{
    private readonly List<IStateScope> _scopes = [];
    private int _number;

    private readonly string _top = Directory.CreateTempSubdirectory("iso-").FullName;

    public string Root { get; }

    /// <summary>What ends a tree without a group and without a keeper.</summary>
    public static string Search => ResourceLimits.CanMark ? "session, marker and limit" : "session and marker";

    public string HostHome => Path.Combine(Root, "host-home");

    public Dictionary<string, string> Host { get; }

    public SandboxFixture(string below = "")
    {
        Root = Path.Combine(_top, below);
        Directory.CreateDirectory(HostHome);
        Host = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["HOME"] = HostHome,
        };
    }

    public WorkersDirectory Workers => new(Path.Combine(Root, "w"));

    public RecordingLease? Lease { get; private set; }

    public ProcessSandbox Create(
        Action<ProcessSandboxOptions>? configure = null,
        TimeProvider? time = null,
        IProcessConfinement? confinement = null,
        WorkerGitConfig? git = null
    )
    {
        ProcessSandboxOptions options = new();
        configure?.Invoke(options);
        options.HostEnvironment = Host;
        return new ProcessSandbox(
            options,
            time,
            Workers,
            (_, _) => Task.FromResult(git ?? WorkerGitConfig.None),
            confinement
        );
    }

    public async Task<IStateScope> OpenAsync(Action<ProcessSandboxOptions>? configure = null) =>
        await OpenAsync(Create(configure));

    public async Task<IStateScope> OpenAsync(ProcessSandbox sandbox, WorkItem? item = null)
    {
        AttemptId attempt = new(item?.Id ?? "item", ++_number);
        Lease = new RecordingLease(attempt, Root);
        string work = Workers.WorkspaceOf(attempt);
        Directory.CreateDirectory(work);
        IStateScope scope = await sandbox.OpenAsync(
            new StateRequest(
                Lease,
                new RepositoryRef(Root),
                new WorkspaceInfo(work, Path.Combine(work, ".git"), null, "")
            )
            {
                Item = item,
            }
        );
        _scopes.Add(scope);
        return scope;
    }

    /// <summary>Writes a script with its interpreter line.</summary>
    public string Script(string body)
    {
        string path = Path.Combine(Root, $"script-{Guid.NewGuid():n}.sh");
        File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
        }

        return path;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IStateScope scope in _scopes)
        {
            await scope.DisposeAsync();
        }

        SafeDelete.DeleteTree(_top);
    }
}

/// <summary>A lease that only remembers.</summary>
internal sealed class RecordingLease(AttemptId attempt, string repository) : IAttemptLease
{
    private readonly Dictionary<string, string> _notes = [];

    public AttemptId Attempt => attempt;

    public CancellationToken Lost => CancellationToken.None;

    public LeaseRecord Record => new(attempt, new RepositoryRef(repository), _notes);

    public ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken = default)
    {
        _notes[key] = value;
        return ValueTask.CompletedTask;
    }
}
