using System.Globalization;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Testing;

/// <summary>One of the two workers of a probe.</summary>
internal abstract class LeakWorker(LeakStage stage, string name)
{
    public string Name => name;

    public abstract string Workspace { get; }

    public LeakWorker Other => stage.A == this ? stage.B : stage.A;

    /// <summary>Runs a script to its end in the worker's workspace and state, and takes down what it says.</summary>
    public async Task<ExecResult> RunAsync(string script)
    {
        ExecResult result = await ExecAsync(Command(script)).ConfigureAwait(false);
        stage.Heard(this, result);
        return result;
    }

    /// <summary>Starts a script that goes on while others run, and reads its first line; it ends with the worker.</summary>
    public async Task BeginAsync(string script)
    {
        (int process, string line) = await BeginAsync(Command(script)).ConfigureAwait(false);
        stage.Began(this, process, line);
    }

    public abstract Task<ExecResult> ExecAsync(WorkerCommand command);

    protected abstract Task<(int Process, string Line)> BeginAsync(WorkerCommand command);

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
            stage.Place.Repository.Path,
            stage.Place.Home,
            stage.Place.Word,
            stage.B.Workspace,
            stage.Standing.Line,
            stage.Standing.Process.ToString(CultureInfo.InvariantCulture)
        );
}
