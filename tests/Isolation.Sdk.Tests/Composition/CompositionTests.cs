using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Tests.Composition;

public sealed class CompositionTests
{
    [Fact]
    public void Every_fault_of_a_composition_is_reported_at_once()
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("relative/path").Target("a..b").Configure(o => o.MaxWorkers = 0).Build()
        );

        Assert.Equal(["ISO0902", "ISO0903", "ISO0906", "ISO0907", "ISO0904"], thrown.Faults.Select(f => f.Code));
        Assert.All(thrown.Faults, f => Assert.NotEmpty(f.Remedy));
    }

    [Fact]
    public void A_forgotten_merge_strategy_is_answered_with_lines_to_copy()
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r").RunProcess("true").Build()
        );

        Assert.Contains(".Merging.UseFirstWins()", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(3, thrown.Message.Split(".Merging.Use").Length - 1);
    }

    [Theory]
    [InlineData(SandboxLevel.Restricted)]
    [InlineData(SandboxLevel.Sealed)]
    public void A_level_is_never_lowered_silently(SandboxLevel level)
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r")
                .UseLevel(level)
                .Workspaces.UseGitWorktrees()
                .Sandbox.UseProcess()
                .Merging.UseFirstWins()
                .RunWith((_, _) => Task.CompletedTask)
                .Build()
        );

        Assert.Equal(["ISO0908", "ISO0905", "ISO0905"], thrown.Faults.Select(f => f.Code));
    }

    [Fact]
    public void A_restricted_sandbox_does_not_reach_the_highest_level()
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r")
                .UseLevel(SandboxLevel.Sealed)
                .Sandbox.UseRestricted()
                .Merging.UseFirstWins()
                .RunProcess("true")
                .Build()
        );

        Assert.Contains(thrown.Faults, f => f.Remedy.Contains("UseSealed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SandboxLevel.Cooperative)]
    [InlineData(SandboxLevel.Restricted)]
    public void Untrusted_workers_need_the_highest_level(SandboxLevel level)
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r")
                .UseLevel(level)
                .Untrusted()
                .Merging.UseFirstWins()
                .RunProcess("true")
                .Build()
        );

        Assert.Contains(thrown.Faults, f => f.Code == "ISO0909");
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Dependency_injection_gives_the_same_pipelines_keyed_ones_too()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        ServiceCollection services = new();
        services.AddScoped<Notebook>();
        services.AddIsolation(rig.Repository.Path, b =>
            b.Merging.UseFirstWins().Target("landing", from: "main").RunWith<NotingRunner>()
        );
        services.AddKeyedIsolation("other", rig.Repository.Path, b => b.Merging.UseFirstWins().RunWith<NotingRunner>());
        await using ServiceProvider provider = services.BuildServiceProvider();

        IsolationPipeline pipeline = provider.GetRequiredService<IsolationPipeline>();
        Assert.NotSame(pipeline, provider.GetRequiredKeyedService<IsolationPipeline>("other"));
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a"), PipelineFixture.Item("b")]);
        IsolationSummary summary = await run.Completion;

        Assert.Equal(2, summary.Count(ItemOutcome.Landed));
        string[] written = [await rig.GitAsync("show", "landing:a.txt"), await rig.GitAsync("show", "landing:b.txt")];
        Assert.Equal(2, written.Distinct().Count()); // A scope each, so a notebook each.
    }

    [IsolationFact]
    public async Task Options_that_the_host_configured_apply_by_name()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        ServiceCollection services = new();
        services.Configure<IsolationOptions>(o => o.MaxWorkers = 3);
        services.Configure<IsolationOptions>("other", o => (o.MaxWorkers, o.MaxAttempts) = (2, 7));
        services.AddIsolation(rig.Repository.Path, b =>
            b.Merging.UseFirstWins().RunProcess("git").Configure(o => o.MaxAttempts = 5)
        );
        services.AddKeyedIsolation("other", rig.Repository.Path, b => b.Merging.UseFirstWins().RunProcess("git"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Contains(
            "3 at a time, 5 attempts an item",
            await provider.GetRequiredService<IsolationPipeline>().DescribeAsync(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2 at a time, 7 attempts an item",
            await provider.GetRequiredKeyedService<IsolationPipeline>("other").DescribeAsync(),
            StringComparison.Ordinal
        );
    }

    [IsolationFact]
    public async Task Decorators_wrap_from_the_outside_in_and_the_last_choice_wins()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        List<string> order = [];
        await using IsolationPipeline pipeline = rig.Compose()
            .Contexts.Use(_ => throw new InvalidOperationException("not the last one"))
            .Contexts.UseFresh()
            .Contexts.Decorate((inner, _) => new SayingFactory("outer", order, inner))
            .Contexts.Decorate((inner, _) => new SayingFactory("inner", order, inner))
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        Assert.Equal(["outer", "inner"], order);
    }

    [IsolationFact]
    public async Task The_librarys_own_commits_name_the_author_that_was_chosen()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => o.CommitAuthor = "Build Bot <bot@example.org>")
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "own", token);
                    await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, "left.txt"), "left", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);
        string[] authors = (await rig.GitAsync("log", "--format=%an <%ae>|%cn|%s", "main..landing")).Split('\n');
        Assert.DoesNotContain(authors, a =>
            a.StartsWith("Build Bot", StringComparison.Ordinal) && a.EndsWith("own.txt", StringComparison.Ordinal)
        );
        Assert.Equal(
            2,
            authors.Count(a => a.StartsWith("Build Bot <bot@example.org>|Build Bot|", StringComparison.Ordinal))
        );
    }

    [IsolationFact]
    public async Task A_dispatcher_stands_between_the_pipeline_and_its_workers()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        List<string> order = [];
        await using IsolationPipeline pipeline = rig.Compose()
            .UseDispatcher((inner, _) => new SayingDispatcher("outer", order, inner))
            .UseDispatcher((inner, _) => new SayingDispatcher("inner", order, inner))
            .RunWith(PipelineFixture.WriteAndCommitAsync)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);

        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);
        Assert.Equal(["outer a.1", "inner a.1"], order);
    }

    private sealed class SayingDispatcher(
        string name,
        List<string> order,
        Isolation.Sdk.Dispatching.IWorkerDispatcher inner
    ) : Isolation.Sdk.Dispatching.IWorkerDispatcher
    {
        public Task<Isolation.Sdk.AttemptReport> DispatchAsync(
            Isolation.Sdk.Dispatching.WorkerAssignment assignment,
            CancellationToken cancellationToken = default
        )
        {
            order.Add($"{name} {assignment.Attempt}");
            return inner.DispatchAsync(assignment, cancellationToken);
        }

        public ValueTask<bool> SendAsync(
            AttemptId attempt,
            WorkerMessage message,
            CancellationToken cancellationToken = default
        ) => inner.SendAsync(attempt, message, cancellationToken);

        public ValueTask<bool> StopAsync(
            AttemptId attempt,
            TimeSpan grace,
            CancellationToken cancellationToken = default
        ) => inner.StopAsync(attempt, grace, cancellationToken);

        public IAsyncEnumerable<Isolation.Sdk.Dispatching.DispatchedAttempt> ListAsync(
            CancellationToken cancellationToken = default
        ) => inner.ListAsync(cancellationToken);
    }

    private sealed class SayingFactory(string name, List<string> order, Isolation.Sdk.Contexts.IContextFactory inner)
        : Isolation.Sdk.Contexts.IContextFactory
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public ValueTask<Isolation.Sdk.Contexts.WorkerContext> CreateAsync(
            Isolation.Sdk.Contexts.ContextRequest request,
            CancellationToken cancellationToken = default
        )
        {
            order.Add(name);
            return inner.CreateAsync(request, cancellationToken);
        }
    }

    private sealed class Notebook
    {
        public string Id { get; } = Guid.NewGuid().ToString("n");
    }

    private sealed class NotingRunner(Notebook notebook) : IAgentRunner
    {
        public async Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken)
        {
            await PipelineFixture.CommitAsync(worker, $"{worker.Item.Id}.txt", notebook.Id, cancellationToken);
            return new RunResult.Done();
        }
    }
}
