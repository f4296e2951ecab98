using System.Diagnostics;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Testing;

/// <summary>The least state scope that runs git: a home and a temp folder, no promise. For checks of the other
/// axes.</summary>
internal sealed class HostStateScope : IStateScope
{
    private readonly string _folder;
    private readonly string _workspace;

    public HostStateScope(StateRequest request)
    {
        _workspace = request.Workspace.Path;
        _folder = Path.Combine(Path.GetDirectoryName(request.Repository.Path)!, $"scope-{Guid.NewGuid():n}");
        string home = Directory.CreateDirectory(Path.Combine(_folder, "home")).FullName;
        string temp = Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName;
        (string Name, string Value)[] set =
        [
            ("PATH", Environment.GetEnvironmentVariable("PATH") ?? ""),
            ("HOME", home),
            ("TMPDIR", temp),
            ("TEMP", temp),
            ("TMP", temp),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "Test"),
            ("GIT_AUTHOR_EMAIL", "test@localhost"),
            ("GIT_COMMITTER_NAME", "Test"),
            ("GIT_COMMITTER_EMAIL", "test@localhost"),
        ];
        Info = new StateInfo(
            home,
            temp,
            [.. set.Select(e => new EnvironmentEntry(e.Name, e.Value, "isolation"))],
            new Dictionary<string, int>()
        );
    }

    public StateInfo Info { get; }

    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ProcessStartInfo start = new(command.File, command.Arguments)
        {
            WorkingDirectory = command.Directory ?? _workspace,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (
            (string name, string value) in Info
                .Environment.Select(e => new KeyValuePair<string, string>(e.Name, e.Value))
                .Concat(command.Environment)
        )
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        if (!command.OpenInput)
        {
            process.StandardInput.Close();
        }

        return ValueTask.FromResult<IWorkerProcess>(new PlainProcess(process));
    }

    public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default)
    {
        FolderDeletion.Delete(_folder);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ReleaseAsync(ReleaseMode.KeepIfUnmerged);
}
