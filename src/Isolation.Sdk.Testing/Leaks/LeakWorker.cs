using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Testing;

/// <summary>One of the two workers of a probe.</summary>
internal abstract class LeakWorker(LeakStage stage, string name)
{
    public string Name => name;

    public abstract string Workspace { get; }

    public abstract string Home { get; }

    public abstract string Temp { get; }

    public LeakWorker Other => stage.A == this ? stage.B : stage.A;

    /// <summary>Runs a script to its end in the worker's workspace and state, and takes down what it says.</summary>
    public async Task<ExecResult> RunAsync(string script)
    {
        ExecResult result = await ExecAsync(Command(script)).ConfigureAwait(false);
        stage.Heard(this, result);
        return result;
    }

    /// <summary>Starts a script that goes on while others run; the stage ends it.</summary>
    public async Task<IWorkerProcess> StartAsync(string script)
    {
        IWorkerProcess process = await StartAsync(Command(script)).ConfigureAwait(false);
        stage.Owns(process);
        return process;
    }

    public abstract Task<ExecResult> ExecAsync(WorkerCommand command);

    protected abstract Task<IWorkerProcess> StartAsync(WorkerCommand command);

    private WorkerCommand Command(string script) => WorkerCommand.Of("sh", "-c", script, "sh", Other.Workspace, stage.Place.Repository.Path, stage.Place.Home, stage.Place.Word, stage.B.Workspace);
}
