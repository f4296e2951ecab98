using System.Diagnostics;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>The least a state scope can be: processes with a clean environment and a home of their own.</summary>
internal sealed class PlainScope : IStateScope
{
    private readonly string _workspace;

    public PlainScope(string root, string workspace)
    {
        _workspace = workspace;
        string home = Directory.CreateDirectory(Path.Combine(root, $"scope-{Guid.NewGuid():n}", "home")).FullName;
        string temp = Directory.CreateDirectory(Path.Combine(home, "..", "tmp")).FullName;
        EnvironmentEntry[] environment =
        [
            new("PATH", Environment.GetEnvironmentVariable("PATH")!, "inherited"),
            new("HOME", home, "isolation"),
            new("TMPDIR", temp, "isolation"),
            new("GIT_CONFIG_NOSYSTEM", "1", "isolation"),
        ];
        Info = new StateInfo(home, temp, environment, new Dictionary<string, int>());
    }

    public StateInfo Info { get; }

    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start = new(command.File, command.Arguments)
        {
            WorkingDirectory = command.Directory ?? _workspace,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (EnvironmentEntry entry in Info.Environment)
        {
            start.Environment[entry.Name] = entry.Value;
        }

        foreach ((string name, string value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return new ValueTask<IWorkerProcess>(new PlainProcess(process));
    }

    public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
        ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class PlainProcess(Process process) : IWorkerProcess
    {
        public int Id => process.Id;

        public Stream Input => Stream.Null;

        public Stream Output => process.StandardOutput.BaseStream;

        public Stream Error => process.StandardError.BaseStream;

        public Task<ExecResult> Exit { get; } = WaitAsync(process);

        public async ValueTask<ExecResult> StopAsync(TimeSpan grace)
        {
            process.Kill(entireProcessTree: true);
            return await Exit;
        }

        public ValueTask DisposeAsync()
        {
            process.Dispose();
            return ValueTask.CompletedTask;
        }

        private static async Task<ExecResult> WaitAsync(Process process)
        {
            await process.WaitForExitAsync();
            return new ExecResult(process.ExitCode) { Mechanism = "process tree" };
        }
    }
}
