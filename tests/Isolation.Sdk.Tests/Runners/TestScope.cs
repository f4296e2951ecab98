using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Tests.Runners;

/// <summary>A state scope with real folders and real processes, and no isolation: what runners need, and no
/// more.</summary>
internal sealed class TestScope : IStateScope
{
    public TestScope(params EnvironmentEntry[] environment)
    {
        Root = Directory.CreateTempSubdirectory("isolation-scope-").FullName;
        Work = Directory.CreateDirectory(Path.Combine(Root, "work")).FullName;
        string home = Directory.CreateDirectory(Path.Combine(Root, "home")).FullName;
        string temp = Directory.CreateDirectory(Path.Combine(Root, "tmp")).FullName;
        Info = new StateInfo(
            home,
            temp,
            [new EnvironmentEntry("PATH", Environment.GetEnvironmentVariable("PATH")!, "inherited"), .. environment],
            new Dictionary<string, int> { ["http"] = 4711 }
        );
    }

    public string Root { get; }

    public string Work { get; }

    public StateInfo Info { get; }

    /// <summary>Every process that was started.</summary>
    public List<IWorkerProcess> Started { get; } = [];

    public ValueTask<IWorkerProcess> StartAsync(WorkerCommand command, CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start = new(command.File, command.Arguments)
        {
            WorkingDirectory = Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (
            (string name, string value) in Info
                .Environment.Select(e => (e.Name, e.Value))
                .Concat(command.Environment.Select(e => (e.Key, e.Value)))
        )
        {
            start.Environment[name] = value;
        }

        TestProcess started = new(Process.Start(start)!);
        Started.Add(started);
        return ValueTask.FromResult<IWorkerProcess>(started);
    }

    public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) => DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (IWorkerProcess process in Started)
        {
            await process.StopAsync(TimeSpan.Zero);
        }

        SafeDelete.DeleteTree(Root);
    }

    private sealed class TestProcess(Process process) : IWorkerProcess
    {
        private bool _forced;

        public int Id { get; } = process.Id;

        public Stream Input { get; } = process.StandardInput.BaseStream;

        public Stream Output { get; } = process.StandardOutput.BaseStream;

        public Stream Error { get; } = process.StandardError.BaseStream;

        public Task<ExecResult> Exit { get; } = ExitAsync(process);

        public async ValueTask<ExecResult> StopAsync(TimeSpan grace)
        {
            if (!process.HasExited && grace > TimeSpan.Zero)
            {
                using Process kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
                await kill.WaitForExitAsync();
                await Task.WhenAny(Exit, Task.Delay(grace));
            }

            if (!process.HasExited)
            {
                _forced = true;
                process.Kill(entireProcessTree: true);
            }

            return await Exit with
            {
                Forced = _forced,
            };
        }

        public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero);

        private static async Task<ExecResult> ExitAsync(Process process)
        {
            await process.WaitForExitAsync();
            return new ExecResult(process.ExitCode) { Mechanism = "test" };
        }
    }
}
