using Isolation.Sdk.Contexts;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Composition;

/// <summary><c>Build()</c> is a pure function of what the builder was told.</summary>
public sealed class BuildTests
{
    [IsolationFact]
    public async Task A_failed_build_leaves_no_trace_in_the_builder()
    {
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder("/r").RunProcess("true");
        Assert.Throws<IsolationConfigurationException>(() => builder.Build());

        await using IsolationPipeline after = builder
            .UseLevel(SandboxLevel.Sealed)
            .Merging.UseFirstWins()
            .Untrusted()
            .Build();
        await using IsolationPipeline fresh = new IsolationPipelineBuilder("/r")
            .RunProcess("true")
            .UseLevel(SandboxLevel.Sealed)
            .Merging.UseFirstWins()
            .Untrusted()
            .Build();

        Assert.Equal(Parts(fresh), Parts(after));
    }

    [Fact]
    public void A_fault_of_a_factory_is_collected_with_the_others_and_stays_correctable()
    {
        InvalidOperationException cause = new("no key");
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder("/r")
            .Contexts.Use(_ => throw cause)
            .Sandbox.Use(_ => throw new IsolationException("ISO0999", "It is too small.", "Make it bigger."))
            .Workspaces.Use(_ => null!)
            .RunProcess("true");

        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() => builder.Build());

        Assert.Equal(["ISO0902", "ISO0999", "ISO0917", "ISO0917"], thrown.Faults.Select(f => f.Code));
        Assert.Contains("no key", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(IWorkspaceProvider), thrown.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(thrown.InnerException);
        builder
            .Contexts.UseFresh()
            .Sandbox.UseProcess()
            .Workspaces.UseGitWorktrees()
            .Merging.UseFirstWins()
            .Build()
            .Dispose();
    }

    [Fact]
    public void A_code_is_said_once()
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("relative").RunProcess("true").Build()
        );

        Assert.Equal(2, thrown.Faults.Count);
        Assert.Equal(2, thrown.Message.Split("ISO09").Length - 1);
    }

    [IsolationFact]
    public async Task Two_builds_give_two_pipelines_and_the_second_knows_what_was_said_since()
    {
        List<IWorkspaceProvider> made = [];
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder("/r")
            .Workspaces.Decorate(
                (inner, _) =>
                {
                    made.Add(inner);
                    return inner;
                }
            )
            .Merging.UseFirstWins()
            .RunProcess("true");

        await using IsolationPipeline first = builder.Build();
        await using IsolationPipeline second = builder.Workspaces.UsePrivateClones().Build();

        Assert.Equal(2, made.Distinct().Count());
        Assert.NotEqual(first.Workspaces.GetType(), second.Workspaces.GetType());
    }

    [IsolationFact]
    public async Task The_order_of_the_calls_does_not_matter()
    {
        await using IsolationPipeline one = new IsolationPipelineBuilder("/r")
            .UseLevel(SandboxLevel.Restricted)
            .Configure(o => o.MaxWorkers = 7)
            .Merging.UseFirstWins()
            .RunProcess("true")
            .Build();
        await using IsolationPipeline other = new IsolationPipelineBuilder("/r")
            .RunProcess("true")
            .Merging.UseFirstWins()
            .Configure(o => o.MaxWorkers = 7)
            .UseLevel(SandboxLevel.Restricted)
            .Build();

        Assert.Equal(Parts(one), Parts(other));
    }

    [IsolationFact]
    public async Task What_factories_made_ends_with_the_pipeline_and_an_instance_does_not()
    {
        Contexts made = new(),
            given = new();
        IsolationPipelineBuilder Compose() =>
            new IsolationPipelineBuilder("/r").Merging.UseFirstWins().RunProcess("true");
        await Compose().Contexts.Use(_ => made).Build().DisposeAsync();
        Compose().Contexts.Use(given).Build().Dispose();
        Contexts failed = new();
        Assert.Throws<IsolationConfigurationException>(() =>
            Compose().Contexts.Use(_ => failed).Target("a..b").Build()
        );

        Assert.Equal((1, 0, 1), (made.Disposed, given.Disposed, failed.Disposed));
    }

    [IsolationFact]
    public async Task A_disposed_pipeline_refuses_and_can_be_disposed_again()
    {
        IsolationPipeline pipeline = new IsolationPipelineBuilder("/r")
            .Merging.UseFirstWins()
            .RunProcess("true")
            .Build();
        await pipeline.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => pipeline.Start([]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.AuditAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.PlanCleanAsync());
        pipeline.Dispose();
        await pipeline.DisposeAsync();
    }

    public static TheoryData<string, Action<IsolationPipelineBuilder>> Nulls =>
        new()
        {
            { "branch", b => b.Target(null!) },
            { "configure", b => b.Configure(null!) },
            { "configure", b => b.Forecast(null!) },
            { "configure", b => b.ConfigureResilience(null!) },
            { "remote", b => b.FetchBeforeAttempts(null!) },
            { "path", b => b.UseWorkersDirectory(null!) },
            { "file", b => b.Setup(null!) },
            { "arguments", b => b.Setup("a", null!) },
            { "create", b => b.UseTracker(null!) },
            { "wrap", b => b.UseDispatcher(null!) },
            { "timeProvider", b => b.UseTimeProvider(null!) },
            { "loggerFactory", b => b.UseLoggerFactory(null!) },
            { "create", b => b.RunWith((Func<IServiceProvider, IAgentRunner>)null!) },
            { "run", b => b.RunWith((Func<IsolatedWorker, CancellationToken, Task<RunResult>>)null!) },
            { "file", b => b.RunProcess(null!) },
            { "arguments", b => b.RunProcess("a", null!) },
            { "code", b => b.Waive(null!, "r") },
            { "reason", b => b.Waive("ISO0916", null!) },
            { "create", b => b.Workspaces.Use((Func<IServiceProvider, IWorkspaceProvider>)null!) },
            { "provider", b => b.Contexts.Use((IContextFactory)null!) },
            { "wrap", b => b.Sandbox.Decorate(null!) },
            { "create", b => b.Merging.Use<MyOptions>(null, null!) },
        };

    [Theory]
    [MemberData(nameof(Nulls), DisableDiscoveryEnumeration = true)]
    public void A_null_is_refused_by_its_parameters_name(string parameter, Action<IsolationPipelineBuilder> call) =>
        Assert.Throws<ArgumentNullException>(parameter, () => call(new IsolationPipelineBuilder("/r")));

    public static TheoryData<string, Action<IsolationOptions>> BadValues =>
        new()
        {
            { "MaxWorkers is 0", o => o.MaxWorkers = 0 },
            { "MaxAttempts is -1", o => o.MaxAttempts = -1 },
            { "RetryDelay is -00:00:01", o => o.RetryDelay = TimeSpan.FromSeconds(-1) },
            { "DrainTimeout is 01:00:01", o => o.DrainTimeout = new TimeSpan(1, 0, 1) },
            { "AttemptTimeout is -00:00:00.0010000", o => o.AttemptTimeout = Timeout.InfiniteTimeSpan },
            { "SetupTimeout is 31.00:00:00", o => o.SetupTimeout = TimeSpan.FromDays(31) },
            { "StopGrace is -00:00:01", o => o.StopGrace = TimeSpan.FromSeconds(-1) },
            { "QuietAfter is 00:00:00", o => o.QuietAfter = TimeSpan.Zero },
            { "CommitAuthor is Bot", o => o.CommitAuthor = "Bot" },
            { "CommitAuthor is <a@b>", o => o.CommitAuthor = "<a@b>" },
            { "OnFailure is 77", o => o.OnFailure = (ReleaseMode)77 },
        };

    [Theory]
    [MemberData(nameof(BadValues), DisableDiscoveryEnumeration = true)]
    public void A_value_out_of_range_is_found_by_build_with_the_options_name(string said, Action<IsolationOptions> set)
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r").Merging.UseFirstWins().RunProcess("true").Configure(set).Build()
        );

        IsolationFault fault = Assert.Single(thrown.Faults);
        Assert.Equal("ISO0904", fault.Code);
        Assert.StartsWith(said, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_retry_waits_twice_as_long_each_time_and_at_most_a_minute()
    {
        IsolationOptions options = new();

        Assert.Equal(
            [1, 2, 4, 32, 60, 60],
            new[] { 1, 2, 3, 6, 7, 1000 }.Select(n => options.RetryDelayAfter(n).TotalSeconds)
        );
    }

    private static object[] Parts(IsolationPipeline pipeline) =>
        [
            pipeline.Workspaces.GetType(),
            pipeline.Contexts.GetType(),
            pipeline.Sandbox.GetType(),
            pipeline.Merging.GetType(),
        ];

    private sealed class MyOptions;

    private sealed class Contexts : IContextFactory, IDisposable
    {
        public int Disposed { get; private set; }

        public void Dispose() => Disposed++;

        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public ValueTask<WorkerContext> CreateAsync(
            ContextRequest request,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();
    }
}
