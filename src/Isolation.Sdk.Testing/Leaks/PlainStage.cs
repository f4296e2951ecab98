using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Testing;

/// <summary>What the field does: plain processes of the host's in worktrees of <c>git worktree add</c>. A channel that does not leak here was not tried.</summary>
internal sealed class PlainStage : LeakStage
{
    private readonly Worker _a;
    private readonly Worker _b;

    public PlainStage(LeakPlace place)
        : base(place) => (_a, _b) = (new Worker(this, "a"), new Worker(this, "b"));

    public override LeakWorker A => _a;

    public override LeakWorker B => _b;

    public override async Task RunAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Place.Workers);
        foreach (LeakWorker worker in new[] { A, B })
        {
            await Place
                .Repository.GitAsync(
                    ["worktree", "add", "-q", "-b", worker.Name, worker.Workspace, Place.Base],
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        await TryAsync(probe, cancellationToken).ConfigureAwait(false);
        await LookAfterwardsAsync(probe).ConfigureAwait(false);
    }

    private sealed class Worker(PlainStage stage, string name) : LeakWorker(stage, name)
    {
        public override string Workspace => Path.Combine(stage.Place.Workers, Name);

        public override Task<ExecResult> ExecAsync(WorkerCommand command) => PlainProcess.RunAsync(Start(command));

        protected override Task<(int Process, string Line)> BeginAsync(WorkerCommand command) =>
            ReadLineAsync(Start(command));

        private PlainProcess Start(WorkerCommand command) => stage.Start(stage.Place.Launched(command), Workspace);
    }
}
