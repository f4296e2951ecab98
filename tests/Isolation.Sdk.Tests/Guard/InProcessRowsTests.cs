using Isolation.Sdk.Leaks;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Sandbox;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>
/// What two workers of one .NET process leave for each other, beside what the leak matrix tries of N01 to N19. It is
/// tried in a process of its own, through a real pipeline: worker A leaks, worker B looks while A still runs.
/// </summary>
public sealed class InProcessRowsTests
{
    private const string Pipeline = """
        using System.Globalization; using Isolation.Sdk.Contexts; using Isolation.Sdk.Testing; using Microsoft.Extensions.DependencyInjection;
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        int number = 0;
        async Task<IsolationSummary> PlayAsync(int workers, Func<IsolatedWorker, Task> work, IServiceProvider services = null)
        {
            number++;
            await using IsolationPipeline pipeline = new IsolationPipelineBuilder(repository.Path).Configure(o => { o.MaxWorkers = workers; o.MaxAttempts = 1; }).Target("landing", from: "main").Waive("ISO0916", "a test").Merging.UseFirstWins()
                .RunWith(async (worker, _) => { await work(worker); }).Build(services);
            await using IsolationRun run = pipeline.Start(Enumerable.Range(0, workers).Select(i => new WorkItem($"{(char)('a' + i)}{number}", "Work")).ToArray());
            return await run.Completion;
        }
        async Task TryAsync(string row, Action<IsolatedWorker> leak, Func<IsolatedWorker, bool> notice, IServiceProvider services = null)
        {
            TaskCompletionSource there = new(TaskCreationOptions.RunContinuationsAsynchronously), leaked = new(TaskCreationOptions.RunContinuationsAsynchronously), looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            bool noticed = false;
            async Task B(IsolatedWorker worker) { there.SetResult(); await leaked.Task; noticed = notice(worker); looked.SetResult(); }
            // Not one wait that is awaited before it leaks: that is what the rows are about.
            Task A(IsolatedWorker worker) { there.Task.Wait(); leak(worker); leaked.SetResult(); return looked.Task; }
            IsolationSummary summary = await PlayAsync(2, worker => worker.Item.Id[0] == 'a' ? A(worker) : B(worker), services);
            string[] notices = summary.Items.SelectMany(i => i.Attempts).SelectMany(a => a.Notices).Distinct().ToArray();
            string faults = summary.Count(ItemOutcome.Landed) + summary.Count(ItemOutcome.NoChange) == 2 ? "" : " " + string.Join(" ", summary.Items.Select(i => i.Outcome + ":" + i.Reason));
            Console.WriteLine($"{row} {(noticed ? "leak" : "sealed")}{faults}{string.Concat(notices.Select(n => " | " + n))}");
        }

        """;

    private const string Rows = """
        ServiceProvider services = new ServiceCollection().AddScoped<Notebook>().BuildServiceProvider();
        await TryAsync("N05 scoped", w => w.Services.GetRequiredService<Notebook>().Text = "A", w => w.Services.GetRequiredService<Notebook>().Text == "A", services);
        await TryAsync("N07", _ => Environment.SetEnvironmentVariable("OF_A", "secret-of-a"), _ => Environment.GetEnvironmentVariable("OF_A") == "secret-of-a");
        await TryAsync("N07 children", _ => Environment.SetEnvironmentVariable("OF_A", "again"), w => w.ExecAsync(WorkerCommand.Of("env")).GetAwaiter().GetResult().Output.Contains("OF_A"));
        CultureInfo odd = new("") { NumberFormat = { NumberDecimalSeparator = "," } };
        CultureInfo.CurrentCulture = odd;
        await TryAsync("N08 own", _ => CultureInfo.CurrentCulture = odd, _ => 1.5.ToString() != "1.5");
        await TryAsync("N08 default", _ => CultureInfo.DefaultThreadCurrentCulture = odd, _ => { string said = null; Thread other = new(() => said = 1.5.ToString()); other.UnsafeStart(); other.Join(); return said != "1.5"; });
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture; CultureInfo.DefaultThreadCurrentCulture = null;
        await TryAsync("N11 limits", _ => { ThreadPool.GetMinThreads(out int min, out int io); ThreadPool.SetMinThreads(min + 1, io); }, _ => true);
        await TryAsync("N12 listeners", _ => System.Diagnostics.Trace.Listeners.Add(new System.Diagnostics.DefaultTraceListener()), _ => System.Diagnostics.Trace.Listeners.Count > 1);
        await TryAsync("N13", w => w.Context.Conversation.Append("user", "A secret"), w => w.Context.Conversation.Count > 0);
        await TryAsync("N17 switch", _ => AppContext.SetSwitch("System.Net.DisableIPv6", true), _ => AppContext.TryGetSwitch("System.Net.DisableIPv6", out bool on) && on);
        await TryAsync("N17 collector", _ => System.Runtime.GCSettings.LatencyMode = System.Runtime.GCLatencyMode.SustainedLowLatency, _ => System.Runtime.GCSettings.LatencyMode == System.Runtime.GCLatencyMode.SustainedLowLatency);
        class Notebook { public string Text; }
        """;

    [IsolationFact(Tools.Linux, Timeout = 240_000, Tier = Tier.Ci)]
    public async Task What_one_process_can_seal_is_sealed_and_what_it_cannot_is_noticed_or_documented()
    {
        using TestHost host = new(Pipeline + Rows);

        string[] rows = (await host.RunAsync([])).Split('\n');

        string[] expected =
        [
            "N05 scoped sealed",
            "N07 leak | The process's environment variable OF_A appeared while {both} ran.",
            "N07 children sealed | The process's environment variable OF_A changed while {both} ran.",
            "N08 own sealed",
            "N08 default leak | The process's default culture changed from none to '' (1,234,50, "
                + "12/31/2000) while {both} ran.",
            "N11 limits leak | The process's thread pool's limits changed from {limits} while {both} ran.",
            "N12 listeners leak | The process's number of trace listeners changed from 1 to 2 while {both} ran.",
            "N13 sealed",
            "N17 switch leak | The process's switch System.Net.DisableIPv6 changed from unset to on while {both} ran.",
            "N17 collector leak | The process's garbage collector's latency mode changed from {mode} to "
                + "SustainedLowLatency while {both} ran.",
        ];
        Assert.Equal(expected, rows.Select(Shown));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Workers_that_block_before_they_first_wait_hold_nobody_up()
    {
        // No more threads in the pool than this; as many workers block until one that needs the pool lets them go.
        using TestHost host = new(
            Pipeline
                + """
                int most = Math.Max(Environment.ProcessorCount, 4);
                ThreadPool.SetMinThreads(1, 1);
                if (!ThreadPool.SetMaxThreads(most, most)) { Console.WriteLine("no such limit"); return; }
                using CountdownEvent blocked = new(most);
                using ManualResetEventSlim go = new();
                IsolationSummary summary = await PlayAsync(most + 1, async worker =>
                {
                    if (worker.Item.Id[0] != 'a') { blocked.Signal(); go.Wait(); return; }
                    await Task.Yield();
                    while (blocked.CurrentCount > 0) await worker.ExecAsync(WorkerCommand.Of("true"));
                    await Task.Yield();
                    go.Set();
                });
                Console.WriteLine(summary.Items.All(i => i.Outcome is ItemOutcome.NoChange or ItemOutcome.Landed));
                """
        );

        Assert.Equal("True", await host.RunAsync([]));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Memory_that_one_worker_cannot_get_is_its_own_failure()
    {
        using TestHost host = new(
            Pipeline
                + """
                IsolationSummary summary = await PlayAsync(2, worker => { if (worker.Item.Id[0] == 'a') { GC.KeepAlive(new byte[1_500_000_000]); } return Task.CompletedTask; });
                foreach (WorkItemResult result in summary.Items.OrderBy(i => i.Item.Id)) Console.WriteLine(result.Outcome);
                """
        );

        Assert.Equal(
            "Failed\nNoChange",
            await host.RunAsync([], new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x10000000" })
        );
    }

    private static string Shown(string row)
    {
        string shown = System.Text.RegularExpressions.Regex.Replace(row, @"[ab]\d+\.\d+, [ab]\d+\.\d+", "{both}");
        shown = System.Text.RegularExpressions.Regex.Replace(
            shown,
            @"\d+ to \d+ threads, .* input and output",
            "{limits}"
        );
        return System.Text.RegularExpressions.Regex.Replace(
            shown,
            @"mode changed from \w+ to",
            "mode changed from {mode} to"
        );
    }
}
