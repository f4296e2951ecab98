using System.Threading.Channels;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Leaks;

/// <summary>Two work items of a real pipeline: their commands run in the workers' own state, and the pipeline's report
/// says what it noticed.</summary>
internal sealed class PipelineScenario : LeakScenario
{
    private readonly LeakSetup _setup;
    private readonly Worker _a;
    private readonly Worker _b;

    public PipelineScenario(LeakFixture place, LeakSetup setup)
        : base(place)
    {
        _setup = setup;
        (_a, _b) = (new Worker(this, "a"), new Worker(this, "b"));
    }

    public override LeakWorker A => _a;

    public override LeakWorker B => _b;

    public override async Task RunAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        IsolationPipeline pipeline = Compose().Build();
        await using (pipeline.ConfigureAwait(false))
        {
            IsolationRun run = pipeline.Start(
                [
                    new WorkItem("a", "Leak") { Base = Fixture.Base },
                    new WorkItem("b", "Notice") { Base = Fixture.Base },
                ],
                cancellationToken
            );
            await using (((IAsyncDisposable)run).ConfigureAwait(false))
            {
                try
                {
                    // A run that ends before both are there is one that could not start them.
                    Task both = Task.WhenAll(_a.IsThere, _b.IsThere);
                    if (await Task.WhenAny(both, run.Completion).ConfigureAwait(false) == both)
                    {
                        _setup.BeforeProbe?.Invoke(Fixture.WorkersDirectory);
                        await TryAsync(probe, cancellationToken).ConfigureAwait(false);
                    }
                }
                finally
                {
                    _a.End();
                    _b.End();
                }

                IsolationSummary summary = await run.Completion.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                AttemptReport[] attempts = [.. summary.Items.SelectMany(i => i.Attempts)];
                if (!_a.IsThere.IsCompleted || !_b.IsThere.IsCompleted)
                {
                    throw new InvalidOperationException(
                        $"The workers did not start: "
                            + $"{string.Join("; ", attempts.Select(a => a.Fault?.ToString() ?? a.Result.ToString()))}"
                    );
                }

                await RunAfterwardsAsync(probe).ConfigureAwait(false);
                Findings = [.. attempts.SelectMany(a => a.Contamination.Concat(a.Notices))];
            }
        }
    }

    private IsolationPipelineBuilder Compose()
    {
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder(Fixture.Repository.Path)
            .Configure(o => (o.MaxWorkers, o.MaxAttempts, o.StopGrace) = (2, 1, TimeSpan.Zero))
            .Target("landing", from: "main")
            .UseWorkersDirectory(Fixture.WorkersDirectory)
            .UseLevel(_setup.Level)
            .RunCommandsWith(_ => new Runner(this))
            .Merging.UseFirstWins();
        builder = _setup.Level switch
        {
            SandboxLevel.Restricted => builder.Sandbox.UseRestricted(UseHost),
            SandboxLevel.Sealed => builder.Sandbox.UseSealed(UseHost),
            _ => builder.Sandbox.UseProcess(UseHost),
        };
        _setup.Compose?.Invoke(builder, UseHost);
        return builder;

        void UseHost(ProcessSandboxOptions options) =>
            options.HostEnvironment = new Dictionary<string, string>(Fixture.Environment);
    }

    private WorkerCommand In(WorkerCommand command) =>
        _setup.IsDisabled(LeakMechanisms.Environment) ? command with { Environment = Fixture.Environment } : command;

    /// <summary>Does in a worker's own flow what the probe asks for: a worker answers to nobody else.</summary>
    private sealed class Runner(PipelineScenario stage) : IAgentRunner
    {
        public async Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken)
        {
            await (worker.Item.Id == stage._a.Name ? stage._a : stage._b)
                .ServeAsync(worker, cancellationToken)
                .ConfigureAwait(false);
            return new RunResult.Done();
        }
    }

    private sealed class Worker(PipelineScenario stage, string name) : LeakWorker(stage, name)
    {
        private readonly Channel<Func<IsolatedWorker, Task>> _asked = Channel.CreateUnbounded<
            Func<IsolatedWorker, Task>
        >();
        private readonly TaskCompletionSource _there = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private string _workspace = "";
        private string[] _environment = [];

        public Task IsThere => _there.Task;

        public override string Workspace => _workspace;

        public async Task ServeAsync(IsolatedWorker worker, CancellationToken cancellationToken)
        {
            _workspace = worker.Workspace.Path;
            _environment = [.. worker.State.Environment.Select(e => $"{e.Name}={e.Value}")];
            _there.TrySetResult();
            await foreach (
                Func<IsolatedWorker, Task> ask in _asked.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)
            )
            {
                await ask(worker).ConfigureAwait(false);
            }
        }

        public void End() => _asked.Writer.TryComplete();

        public override Task<ExecResult> ExecAsync(WorkerCommand command) =>
            stage._setup.IsDisabled(LeakMechanisms.Start)
                ? PlainProcess.RunAsync(StartPlainly(command))
                : AskAsync(worker => worker.ExecAsync(stage.In(command)));

        protected override Task<(int Process, string Line)> StartInBackgroundAsync(WorkerCommand command) =>
            stage._setup.IsDisabled(LeakMechanisms.Start)
                ? ReadLineAsync(StartPlainly(command))
                : AskAsync(async worker =>
                    await ReadLineAsync(await worker.StartAsync(stage.In(command)).ConfigureAwait(false))
                        .ConfigureAwait(false)
                );

        /// <summary>In the worker's environment, and otherwise as any process of the host's.</summary>
        private PlainProcess StartPlainly(WorkerCommand command) =>
            stage.Start(
                stage.Fixture.ViaLauncher(
                    WorkerCommand.Of("env", ["-i", .. _environment, command.File, .. command.Arguments])
                ),
                _workspace
            );

        private async Task<T> AskAsync<T>(Func<IsolatedWorker, Task<T>> ask)
        {
            TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await _asked
                .Writer.WriteAsync(async worker =>
                {
                    try
                    {
                        answer.SetResult(await ask(worker).ConfigureAwait(false));
                    }
                    catch (Exception e)
                    {
                        answer.SetException(e);
                    }
                })
                .ConfigureAwait(false);
            return await answer.Task.ConfigureAwait(false);
        }
    }
}
