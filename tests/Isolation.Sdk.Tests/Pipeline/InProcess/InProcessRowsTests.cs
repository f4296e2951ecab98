using System.Diagnostics;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Sandboxing;

namespace Isolation.Sdk.Tests.Pipeline.InProcess;

/// <summary>Rows N01 to N19: what two workers of one .NET process leave for each other. Each is tried in a process of its own, through a real pipeline: worker A leaks, worker B looks while A still runs.</summary>
public sealed class InProcessRowsTests
{
    private const string Pipeline = """
        using System.Diagnostics; using System.Globalization; using Isolation.Sdk.Contexts; using Isolation.Sdk.Running; using Isolation.Sdk.Testing; using Microsoft.Extensions.DependencyInjection;
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        int number = 0;
        async Task<IsolationSummary> PlayAsync(int workers, Func<IsolatedWorker, Task> work, IServiceProvider services = null)
        {
            number++;
            await using IsolationPipeline pipeline = new IsolationPipelineBuilder(repository.Path).Configure(o => { o.MaxWorkers = workers; o.MaxAttempts = 1; }).Target("landing", from: "main").AcceptManualScale("a test").Merging.UseFirstWins()
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
        Environment.CurrentDirectory = args[0];
        AsyncLocal<string> local = new();
        AsyncLocal<List<string>> list = new() { Value = new() };
        local.Value = "host";
        await TryAsync("N01", _ => { }, _ => local.Value == "host");
        await TryAsync("N02", _ => local.Value = "A", _ => local.Value == "A");
        await TryAsync("N03", _ => list.Value?.Add("A"), _ => list.Value?.Contains("A") == true);
        local.Value = null;
        await TryAsync("N04", _ => local.Value = "A", _ => local.Value != null);
        if (local.Value != null) Console.WriteLine("N04 flowed back");
        ServiceProvider services = new ServiceCollection().AddScoped<Notebook>().AddSingleton<Shared>().BuildServiceProvider();
        await TryAsync("N05 scoped", w => w.Services.GetRequiredService<Notebook>().Text = "A", w => w.Services.GetRequiredService<Notebook>().Text == "A", services);
        await TryAsync("N05 singleton", w => w.Services.GetRequiredService<Shared>().Text = "A", w => w.Services.GetRequiredService<Shared>().Text == "A", services);
        await TryAsync("N06", _ => Environment.CurrentDirectory = "/", _ => Environment.CurrentDirectory == "/");
        await TryAsync("N07", _ => Environment.SetEnvironmentVariable("OF_A", "secret-of-a"), _ => Environment.GetEnvironmentVariable("OF_A") == "secret-of-a");
        await TryAsync("N07 children", _ => Environment.SetEnvironmentVariable("OF_A", "again"), w => w.ExecAsync(WorkerCommand.Of("env")).GetAwaiter().GetResult().Output.Contains("OF_A"));
        CultureInfo odd = new("") { NumberFormat = { NumberDecimalSeparator = "," } };
        CultureInfo.CurrentCulture = odd;
        await TryAsync("N08 host", _ => { }, _ => 1.5.ToString() != "1.5");
        await TryAsync("N08 own", _ => CultureInfo.CurrentCulture = odd, _ => 1.5.ToString() != "1.5");
        await TryAsync("N08 default", _ => CultureInfo.DefaultThreadCurrentCulture = odd, _ => { string said = null; Thread other = new(() => said = 1.5.ToString()); other.UnsafeStart(); other.Join(); return said != "1.5"; });
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture; CultureInfo.DefaultThreadCurrentCulture = null;
        using (Activity host = new Activity("host").AddBaggage("user", "alice").Start())
        {
            await TryAsync("N09", _ => Activity.Current?.AddBaggage("a", "A"), _ => Activity.Current != null && Activity.Current.Baggage.Any());
        }
        await TryAsync("N11 limits", _ => { ThreadPool.GetMinThreads(out int min, out int io); ThreadPool.SetMinThreads(min + 1, io); }, _ => true);
        TextWriter console = Console.Out; StringWriter mine = new();
        await TryAsync("N12", _ => Console.SetOut(mine), _ => { Console.Write("line of B"); return mine.ToString() == "line of B"; });
        Console.SetOut(console);
        Console.WriteLine($"N12 console {(mine.ToString().Contains("line of B") ? "leak" : "sealed")}");
        WorkerContext context = null;
        await TryAsync("N13", w => { context = w.Context; context.Conversation.Append("user", "A secret"); }, w => { try { return context.Conversation.Count > 0; } catch (IsolationException e) when (e.Code == "ISO0502") { return w.Context.Conversation.Count > 0; } });
        await TryAsync("N14 before the first await", _ => Slot.Value = "A", _ => Slot.Value == "A");
        await TryAsync("N15", _ => { byte[][] rented = Enumerable.Range(0, 8).Select(_ => System.Buffers.ArrayPool<byte>.Shared.Rent(500_000)).ToArray(); foreach (byte[] b in rented) { b[7] = 77; System.Buffers.ArrayPool<byte>.Shared.Return(b); } },
            _ => Enumerable.Range(0, 8).Select(_ => System.Buffers.ArrayPool<byte>.Shared.Rent(500_000)).Any(b => b[7] == 77));
        await TryAsync("N17 switch", _ => AppContext.SetSwitch("System.Net.DisableIPv6", true), _ => AppContext.TryGetSwitch("System.Net.DisableIPv6", out bool on) && on);
        await TryAsync("N17 collector", _ => System.Runtime.GCSettings.LatencyMode = System.Runtime.GCLatencyMode.SustainedLowLatency, _ => System.Runtime.GCSettings.LatencyMode == System.Runtime.GCLatencyMode.SustainedLowLatency);
        class Notebook { public string Text; }
        class Shared { public string Text; }
        static class Slot { [ThreadStatic] public static string Value; }
        """;

    [IsolationFact(Tools.Linux, Timeout = 240_000)]
    public async Task What_one_process_can_seal_is_sealed_and_what_it_cannot_is_noticed_or_documented()
    {
        using TestHost host = new(Pipeline + Rows);

        string[] rows = (await host.RunAsync([])).Split('\n');

        string[] expected =
        [
            "N01 sealed", "N02 sealed", "N03 sealed", "N04 sealed", "N05 scoped sealed",
            "N05 singleton leak", // Open: what the host's services hand out is the host's.
            "N06 leak | The process's current directory changed from {work} to / while {both} ran.",
            "N07 leak | The process's environment variable OF_A appeared while {both} ran.",
            "N07 children sealed | The process's environment variable OF_A changed while {both} ran.",
            "N08 host sealed", "N08 own sealed",
            "N08 default leak | The process's default culture changed from none to '' (1,234,50, 12/31/2000) while {both} ran.",
            "N09 sealed",
            "N11 limits leak | The process's thread pool's limits changed from {limits} while {both} ran.",
            "N12 console leak", // Open: the console is the process's.
            "N13 sealed", "N14 before the first await sealed",
            "N15 leak", // Open: the shared pool's buffers are the process's.
            "N17 switch leak | The process's switch System.Net.DisableIPv6 changed from unset to on while {both} ran.",
            "N17 collector leak | The process's garbage collector's latency mode changed from {mode} to SustainedLowLatency while {both} ran.",
        ];
        Assert.Equal(expected, rows.Select(Shown));
    }

    [IsolationFact(Tools.Linux)]
    public async Task Workers_that_block_before_they_first_wait_hold_nobody_up()
    {
        // No more threads in the pool than this; as many workers block until one that needs the pool lets them go.
        using TestHost host = new(Pipeline + """
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
            """);

        Assert.Equal("True", await host.RunAsync([]));
    }

    [IsolationFact(Tools.Linux)]
    public async Task Memory_that_one_worker_cannot_get_is_its_own_failure()
    {
        using TestHost host = new(Pipeline + """
            IsolationSummary summary = await PlayAsync(2, worker => { if (worker.Item.Id[0] == 'a') { GC.KeepAlive(new byte[1_500_000_000]); } return Task.CompletedTask; });
            foreach (WorkItemResult result in summary.Items.OrderBy(i => i.Item.Id)) Console.WriteLine(result.Outcome);
            """);

        Assert.Equal("Failed\nNoChange", await host.RunAsync([], new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x10000000" }));
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_worker_that_ends_the_process_ends_all_of_them()
    {
        // Open (N18): only a process of its own holds it.
        using TestHost host = new(Pipeline + """
            await PlayAsync(2, async worker => { if (worker.Item.Id[0] == 'a') { Environment.Exit(77); } await Task.Delay(Timeout.Infinite); });
            """);
        using Process process = host.Start([]);

        await process.WaitForExitAsync();

        Assert.Equal(77, process.ExitCode);
    }

    private static string Shown(string row)
    {
        string shown = System.Text.RegularExpressions.Regex.Replace(row, @"[ab]\d+\.\d+, [ab]\d+\.\d+", "{both}");
        shown = System.Text.RegularExpressions.Regex.Replace(shown, @"from /\S+/work to", "from {work} to");
        shown = System.Text.RegularExpressions.Regex.Replace(shown, @"\d+ to \d+ threads, .* input and output", "{limits}");
        return System.Text.RegularExpressions.Regex.Replace(shown, @"mode changed from \w+ to", "mode changed from {mode} to");
    }
}
