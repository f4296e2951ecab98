using System.Globalization;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Leaks;

/// <summary>One of the two workers of a probe.</summary>
internal abstract class LeakWorker(LeakScenario stage, string name)
{
    public string Name => name;

    public abstract string Workspace { get; }

    public LeakWorker Other => stage.A == this ? stage.B : stage.A;

    /// <summary>Runs a script to its end in the worker's workspace and state, and takes down what it says.</summary>
    public async Task<ExecResult> RunAsync(string script)
    {
        ExecResult result = await ExecAsync(Command(script)).ConfigureAwait(false);
        stage.OnExited(this, result);
        return result;
    }

    /// <summary>Starts a script that goes on while others run, and reads its first line; it ends with the
    /// worker.</summary>
    public async Task StartInBackgroundAsync(string script)
    {
        (int process, string line) = await StartInBackgroundAsync(Command(script)).ConfigureAwait(false);
        stage.OnStarted(this, process, line);
    }

    public abstract Task<ExecResult> ExecAsync(WorkerCommand command);

    protected abstract Task<(int Process, string Line)> StartInBackgroundAsync(WorkerCommand command);

    protected static async Task<(int Process, string Line)> ReadLineAsync(IWorkerProcess process)
    {
        using StreamReader output = new(process.Output, leaveOpen: true);
        return (process.Id, await output.ReadLineAsync().ConfigureAwait(false) ?? "");
    }

    private WorkerCommand Command(string script) =>
        WorkerCommand.Of(
            "sh",
            "-c",
            script,
            "sh",
            Other.Workspace,
            stage.Fixture.Repository.Path,
            stage.Fixture.Home,
            stage.Fixture.UniqueName,
            stage.B.Workspace,
            stage.Background.Line,
            stage.Background.Process.ToString(CultureInfo.InvariantCulture)
        );
}
