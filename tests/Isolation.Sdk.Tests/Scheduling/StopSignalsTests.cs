using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Sandbox;

namespace Isolation.Sdk.Tests.Scheduling;

/// <summary>A program of a few lines that knows nothing of signals leaves no agent behind.</summary>
public sealed class StopSignalsTests
{
    [IsolationTheory(Tools.Linux, Tools.Interruptible, "kill")]
    [InlineData("TERM", 143)]
    public Task A_signal_ends_the_workers_and_then_the_program(string signal, int exitCode) =>
        EndsAsync(signal, exitCode, stops: true);

    [IsolationTheory(Tools.Linux, Tools.Interruptible, "kill", Tier = Tier.Ci)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    public Task So_does_another(string signal, int exitCode) => EndsAsync(signal, exitCode, stops: true);

    [IsolationFact(Tools.Linux, "kill", Tier = Tier.Ci)]
    public Task A_program_that_does_not_want_it_ends_at_once() => EndsAsync("TERM", 143, stops: false);

    private static async Task EndsAsync(string signal, int exitCode, bool stops)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using TestHost host = new(
            $$"""
            IsolationPipelineBuilder builder = new IsolationPipelineBuilder("{{rig.Repository.Path}}");
            builder.Merging.UseFirstWins();
            await using IsolationPipeline pipeline = builder
                .Target("{{PipelineFixture.Target}}", from: "main")
                .Configure(o => o.StopsOnSignals = {{(stops ? "true" : "false")}})
                .RunProcess("sleep", "1071")
                .Build();
            await using IsolationRun run = pipeline.Start([new WorkItem("w", "Work"), new WorkItem("later", "Later") { BlockedBy = ["w"] }]);
            _ = Task.Run(async () =>
            {
                await foreach (var e in run.WatchAsync())
                    if (e.Kind == Isolation.Sdk.Monitoring.WorkerEventKind.ProcessStarted) Console.WriteLine("runs " + e.Text);
            });
            await foreach (WorkItemResult result in run)
                Console.WriteLine(result.Item.Id + " " + result.Outcome);
            """
        );
        using Process program = host.Start(Tools.Interruptibly);
        string? line = await program.StandardOutput.ReadLineAsync();
        Assert.StartsWith("runs", line, StringComparison.Ordinal);
        using Process kill = Process.Start("kill", [$"-{signal}", program.Id.ToString(CultureInfo.InvariantCulture)]);
        string rest = await program.StandardOutput.ReadToEndAsync();
        await program.WaitForExitAsync();

        Assert.Equal(exitCode, program.ExitCode);
        Assert.Equal(stops ? "w Cancelled\nlater Cancelled\n" : "", rest);
        Assert.Equal(stops ? 0 : 1, rig.ProcessesOfWorkers().Length);
        await using IsolationPipeline next = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync).Build();
        await next.CleanAsync(await next.PlanCleanAsync());
        Assert.Empty(rig.ProcessesOfWorkers());
    }
}
