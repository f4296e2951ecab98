using System.Diagnostics;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Testing;

/// <summary>What the field does: plain processes of the host's in worktrees of <c>git worktree add</c>. A channel that does not leak here was not tried.</summary>
internal sealed class PlainStage : LeakStage
{
    private readonly Worker _a;
    private readonly Worker _b;

    public PlainStage(LeakPlace place) : base(place) => (_a, _b) = (new Worker(this, "a"), new Worker(this, "b"));

    public override LeakWorker A => _a;

    public override LeakWorker B => _b;

    public override async Task RunAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Place.Repository.Path + ".workers");
        foreach (LeakWorker worker in new[] { A, B })
        {
            await Place.Repository.GitAsync(["worktree", "add", "-q", "-b", worker.Name, worker.Workspace], cancellationToken).ConfigureAwait(false);
        }

        await TryAsync(probe).ConfigureAwait(false);
    }

    private sealed class Worker(PlainStage stage, string name) : LeakWorker(stage, name)
    {
        public override string Workspace => Path.Combine(stage.Place.Repository.Path + ".workers", Name);

        public override string Home => stage.Place.Home;

        public override string Temp => Path.GetTempPath();

        public override async Task<ExecResult> ExecAsync(WorkerCommand command)
        {
            PlainProcess process = Start(command);
            await using (process.ConfigureAwait(false))
            {
                using StreamReader output = new(process.Output), error = new(process.Error);
                Task<string> said = output.ReadToEndAsync(), complained = error.ReadToEndAsync();
                return new ExecResult(await process.Exit.ConfigureAwait(false), await said.ConfigureAwait(false), await complained.ConfigureAwait(false));
            }
        }

        protected override Task<IWorkerProcess> StartAsync(WorkerCommand command) => Task.FromResult<IWorkerProcess>(Start(command));

        private PlainProcess Start(WorkerCommand command)
        {
            ProcessStartInfo start = new(command.File, command.Arguments) { WorkingDirectory = Workspace, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment.Clear();
            foreach ((string variable, string value) in stage.Place.Environment.Concat(command.Environment))
            {
                start.Environment[variable] = value;
            }

            PlainProcess process = new(Process.Start(start)!);
            process.Input.Close();
            return process;
        }
    }
}
