namespace Isolation.Sdk.Leaks;

/// <summary>What the field does: plain processes of the host's in worktrees of <c>git worktree add</c>. A channel that
/// does not leak here was not tried.</summary>
internal sealed class PlainScenario : LeakScenario
{
    private readonly Worker _a;
    private readonly Worker _b;

    public PlainScenario(LeakFixture place)
        : base(place) => (_a, _b) = (new Worker(this, "a"), new Worker(this, "b"));

    public override LeakWorker A => _a;

    public override LeakWorker B => _b;

    public override async Task RunAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Fixture.WorkersDirectory);
        foreach (LeakWorker worker in new[] { A, B })
        {
            await Fixture
                .Repository.GitAsync(
                    ["worktree", "add", "-q", "-b", worker.Name, worker.Workspace, Fixture.Base],
                    cancellationToken
                )
                .ConfigureAwait(false);
        }

        await TryAsync(probe, cancellationToken).ConfigureAwait(false);
        await RunAfterwardsAsync(probe).ConfigureAwait(false);
    }

    private sealed class Worker(PlainScenario stage, string name) : LeakWorker(stage, name)
    {
        public override string Workspace => Path.Combine(stage.Fixture.WorkersDirectory, Name);

        public override Task<ExecResult> ExecAsync(WorkerCommand command) => PlainProcess.RunAsync(Start(command));

        protected override Task<(int Process, string Line)> StartInBackgroundAsync(WorkerCommand command) =>
            ReadLineAsync(Start(command));

        private PlainProcess Start(WorkerCommand command) => stage.Start(stage.Fixture.ViaLauncher(command), Workspace);
    }
}
