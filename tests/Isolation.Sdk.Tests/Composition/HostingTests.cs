using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Isolation.Sdk.Tests.Composition;

/// <summary>A pipeline as a service of a generic host.</summary>
public sealed class HostingTests
{
    [IsolationFact]
    public async Task A_hosted_pipeline_takes_items_from_its_tracker_until_the_host_shuts_down()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        InMemoryWorkTracker tracker = new();
        using IHost host = Build(fixture, tracker, b => b.RunWith(PipelineFixture.WriteAndCommitAsync));
        await host.StartAsync();
        IsolationPipeline pipeline = host.Services.GetRequiredService<IsolationPipeline>();

        await tracker.AddAsync([PipelineFixture.Item("a")]);
        await ClosedAsync(tracker, "a");
        await tracker.AddAsync([PipelineFixture.Item("b")]);
        await ClosedAsync(tracker, "b");
        HealthCheckResult health = await CheckAsync(pipeline);
        await host.StopAsync();

        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.Equal([ItemOutcome.Landed, ItemOutcome.Landed], (await tracker.ListAsync()).Select(i => i.Outcome));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task At_shutdown_the_nearly_done_lands_the_patient_is_suspended_and_the_rest_goes_back()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        InMemoryWorkTracker tracker = new();
        AsyncBarrier running = new(5);
        using IHost host = Build(fixture, tracker, b => b.Configure(o =>
                {
                    o.DrainTimeout = TimeSpan.FromSeconds(3);
                    o.StopGrace = TimeSpan.FromSeconds(3);
                })
                .RunWith(
                    async (worker, token) =>
                    {
                        await running.SignalAndWaitAsync(CancellationToken.None);
                        switch (worker.Item.Id)
                        {
                            case "done":
                                return await PipelineFixture.WriteAndCommitAsync(worker, token);
                            case "waits":
                                await Task.Delay(Timeout.Infinite, worker.Stopping)
                                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                                return new RunResult.Suspended("The host shuts down.", "here");
                            case "late":
                                await Task.Delay(Timeout.Infinite, worker.Stopping)
                                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                                return await PipelineFixture.WriteAndCommitAsync(worker, token);
                            default:
                                await Task.Delay(Timeout.Infinite, token);
                                return new RunResult.Done();
                        }
                    }
                ));
        await host.StartAsync();
        await tracker.AddAsync([
            PipelineFixture.Item("done"),
            PipelineFixture.Item("waits"),
            PipelineFixture.Item("late"),
            PipelineFixture.Item("busy"),
        ]);
        await running.SignalAndWaitAsync(CancellationToken.None);

        await host.StopAsync();

        Dictionary<string, TrackedItem> items = (await tracker.ListAsync()).ToDictionary(i => i.Item.Id);
        Assert.Equal(ItemOutcome.Landed, items["done"].Outcome);
        Assert.Equal((TrackedState.AwaitingMerge, null), (items["late"].State, items["late"].Outcome));
        Assert.Equal((TrackedState.Suspended, "here"), (items["waits"].State, items["waits"].ResumeToken));
        Assert.Equal((TrackedState.Ready, null), (items["busy"].State, items["busy"].Outcome));
    }

    [IsolationFact]
    public async Task A_refused_run_ends_the_host_and_is_unhealthy()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        using IHost host = Build(fixture, new InMemoryWorkTracker(), b =>
            b.Require(IsolationGuarantees.Network).RunWith(PipelineFixture.WriteAndCommitAsync)
        );
        TaskCompletionSource stopping = new();
        host.Services.GetRequiredService<IHostApplicationLifetime>()
            .ApplicationStopping.Register(() => stopping.TrySetResult());

        await host.StartAsync();
        await stopping.Task;

        HealthCheckResult health = await CheckAsync(host.Services.GetRequiredService<IsolationPipeline>());
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Contains("ISO0910", health.Description, StringComparison.Ordinal);
    }

    private static IHost Build(
        PipelineFixture fixture,
        InMemoryWorkTracker tracker,
        Func<IsolationPipelineBuilder, IsolationPipelineBuilder> compose
    )
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings()
        );
        builder
            .Services.AddIsolation(fixture.Repository.Path, b =>
                compose(
                    b.UseTracker(_ => tracker)
                        .Target(PipelineFixture.Target, from: "main")
                        .Merging.UseFirstWins()
                        .Configure(o => o.MaxWorkers = 4)
                )
            )
            .AddIsolationHostedService();
        return builder.Build();
    }

    private static Task<HealthCheckResult> CheckAsync(IsolationPipeline pipeline) =>
        new IsolationHealthCheck(pipeline).CheckHealthAsync(
            new HealthCheckContext { Registration = new HealthCheckRegistration("isolation", _ => null!, null, null) }
        );

    private static async Task ClosedAsync(InMemoryWorkTracker tracker, string item)
    {
        await foreach (TrackedItem changed in tracker.WatchAsync())
        {
            if (changed.Item.Id == item && changed.State == TrackedState.Closed)
            {
                return;
            }
        }
    }
}
