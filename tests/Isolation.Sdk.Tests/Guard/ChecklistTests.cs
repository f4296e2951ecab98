using Isolation.Sdk.Contexts;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>Each test breaks exactly one line of the checklist and sees exactly that line refused.</summary>
public sealed class ChecklistTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_work_tree_that_is_the_canonical_checkout_is_refused()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder builder = rig.Compose()
            .Workspaces.Decorate(
                (inner, _) => new WorkspacesWith(inner, info => info with { Path = rig.Repository.Path })
            );

        Assert.Equal(["ISO0911"], await RefusedAsync(builder));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_context_with_a_past_is_refused()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder builder = rig.Compose()
            .Contexts.Decorate(
                (inner, _) =>
                    new ContextsWith(inner, (context, _) =>
                        WorkerContext.Create(
                            context.Attempt,
                            "long",
                            context.BriefingFile,
                            tokens: 100,
                            tokenBudget: 10
                        )
                    )
            );

        Assert.Equal(["ISO0912"], await RefusedAsync(builder));
    }

    [IsolationFact]
    public async Task A_temp_folder_shared_with_the_host_is_refused()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder builder = rig.Compose()
            .Sandbox.Decorate((inner, _) => new StateWith(inner, info => info with { Temp = Path.GetTempPath() }));

        Assert.Equal(["ISO0913"], await RefusedAsync(builder));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task An_object_that_two_workers_share_is_refused()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource<WorkerContext> running = new(TaskCreationOptions.RunContinuationsAsynchronously);
        WorkerContext? kept = null;
        IsolationPipelineBuilder builder = rig.Compose()
            .Contexts.Decorate(
                (inner, _) =>
                    new ContextsWith(inner, (context, request) =>
                        request.Attempt.Item == "a" ? kept = context : running.Task.GetAwaiter().GetResult()
                    )
            );
        TaskCompletionSource second = new();
        await using IsolationPipeline pipeline = builder
            .RunWith(
                async (worker, token) =>
                {
                    running.SetResult(kept!);
                    await second.Task.WaitAsync(token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        await foreach (WorkItemResult result in run)
        {
            second.TrySetResult();
            if (result.Item.Id == "b")
            {
                Assert.Contains("ISO0914", result.Reason, StringComparison.Ordinal);
            }
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Two_workers_on_one_item_are_refused()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        TaskCompletionSource second = new();
        await using IsolationPipeline pipeline = rig.Compose()
            .UseTracker(_ => new ForgetfulTracker(PipelineFixture.Item("same"), 2, second))
            .RunWith(async (worker, token) => await second.Task.WaitAsync(token))
            .Build();

        await using IsolationRun run = pipeline.Start();
        IsolationSummary summary = await run.Completion;

        Assert.Single(summary.Items); // One result an item, whatever the tracker says.
        Assert.Contains("ISO0915", summary.Items[0].Reason, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task A_target_that_somebody_stands_on_is_refused_before_anything_is_made()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Target("main")
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        AuditReport audit = await pipeline.AuditAsync();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        IsolationConfigurationException thrown = await Assert.ThrowsAsync<IsolationConfigurationException>(() =>
            run.Completion
        );

        Assert.Equal(["ISO0603"], audit.Faults.Select(f => f.Code));
        Assert.Equal("ISO0603", thrown.Code);
        Assert.False(Directory.Exists(rig.Workers));
    }

    private static async Task<string[]> RefusedAsync(IsolationPipelineBuilder builder)
    {
        await using IsolationPipeline pipeline = builder
            .RunWith((_, _) => throw new InvalidOperationException("must not be spawned"))
            .Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);
        Assert.Equal(ItemOutcome.Failed, result.Outcome);
        return
        [
            .. result
                .Reason!.Split(' ', '\n', ':')
                .Where(w => w.StartsWith("ISO", StringComparison.Ordinal))
                .Distinct(),
        ];
    }

    private sealed class WorkspacesWith(IWorkspaceProvider inner, Func<WorkspaceInfo, WorkspaceInfo> change)
        : IWorkspaceProvider
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public async ValueTask<IWorkspace> AcquireAsync(
            WorkspaceRequest request,
            CancellationToken cancellationToken = default
        ) => new Changed(await inner.AcquireAsync(request, cancellationToken), change);

        public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            inner.ReopenAsync(record, cancellationToken);

        private sealed class Changed(IWorkspace inner, Func<WorkspaceInfo, WorkspaceInfo> change) : IWorkspace
        {
            public WorkspaceInfo Info => change(inner.Info);

            public ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default) =>
                inner.CaptureAsync(scope, cancellationToken);

            public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
                inner.ReleaseAsync(mode, cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    private sealed class ContextsWith(IContextFactory inner, Func<WorkerContext, ContextRequest, WorkerContext> change)
        : IContextFactory
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public async ValueTask<WorkerContext> CreateAsync(
            ContextRequest request,
            CancellationToken cancellationToken = default
        ) => change(await inner.CreateAsync(request, cancellationToken), request);
    }

    private sealed class StateWith(IStateSandbox inner, Func<StateInfo, StateInfo> change) : IStateSandbox
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public async ValueTask<IStateScope> OpenAsync(
            StateRequest request,
            CancellationToken cancellationToken = default
        ) => new Changed(await inner.OpenAsync(request, cancellationToken), change);

        public ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            inner.ReopenAsync(record, cancellationToken);

        private sealed class Changed(IStateScope inner, Func<StateInfo, StateInfo> change) : IStateScope
        {
            public StateInfo Info => change(inner.Info);

            public ValueTask<IWorkerProcess> StartAsync(
                WorkerCommand command,
                CancellationToken cancellationToken = default
            ) => inner.StartAsync(command, cancellationToken);

            public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
                inner.ReleaseAsync(mode, cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }

    /// <summary>Hands one item out again and again.</summary>
    private sealed class ForgetfulTracker(WorkItem item, int times, TaskCompletionSource settled)
        : ForwardingTracker(new InMemoryWorkTracker([item]))
    {
        private int _claims;

        public override ValueTask<TrackedItem?> ClaimAsync(
            ClaimRequest request,
            CancellationToken cancellationToken = default
        ) =>
            ValueTask.FromResult(
                _claims++ < times
                    ? new TrackedItem(item, 0, TrackedState.Claimed) { Token = $"{_claims}", Attempts = _claims }
                    : null
            );

        public override ValueTask<bool> BeginAsync(
            TrackedItem claim,
            AttemptId attempt,
            CancellationToken cancellationToken = default
        ) => ValueTask.FromResult(true);

        public override ValueTask<TrackedItem?> SettleAsync(
            TrackedItem claim,
            Settlement settlement,
            CancellationToken cancellationToken = default
        )
        {
            settled.TrySetResult();
            return ValueTask.FromResult<TrackedItem?>(
                new TrackedItem(item, 0, TrackedState.Closed)
                {
                    Outcome = (settlement as Settlement.Retry)?.Outcome ?? ItemOutcome.NoChange,
                    Reason = (settlement as Settlement.Retry)?.Reason,
                }
            );
        }
    }
}
