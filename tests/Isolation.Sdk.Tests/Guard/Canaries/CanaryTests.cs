using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Xunit.Abstractions;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>A secret of one worker turns up in nothing that another one gets, says or leaves. That it would be found is
/// shown first, where everything is shared.</summary>
public sealed class CanaryTests(ITestOutputHelper output)
{
    private const int AtOnce = 8;

    [IsolationFact(Tools.Linux)]
    public async Task Without_isolation_every_canary_is_found()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await using CanaryServer server = new();
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        string home = Directory.CreateTempSubdirectory("isolation-canary-").FullName;
        List<string> conversation = [],
            log = [];
        AsyncLocal<string?> ambient = new();
        CanaryWorker Make(string name) =>
            new(
                new Hands(
                    name,
                    command => ShellAsync(repository.Path, home, command),
                    conversation.Add,
                    () => conversation,
                    http,
                    ArrayPool<byte>.Shared,
                    text => log.Add($"{name}: {text}")
                ),
                server,
                ambient
            );
        using Activity host = new Activity("host").Start();
        try
        {
            CanaryWorker a = Make("A"),
                b = Make("B");
            a.PlantInFlow();
            await a.PlantAsync(new Random(1));
            await b.ScanAsync(new Random(2));
            Dictionary<string, string> surfaces = new()
            {
                ["briefing"] = string.Join('\n', conversation),
                ["environment"] = await ShellAsync(repository.Path, home, "env"),
                ["log"] = string.Join('\n', log),
                ["commits"] = await repository.GitAsync(["log", "-p", "-1"]),
                ["requests"] = server.RequestsOf("B"),
            };

            string[] found =
            [
                .. CanaryWorker.Channels.Where(c =>
                    surfaces.Values.Any(s => s.Contains(CanaryWorker.Canary("A", c), StringComparison.Ordinal))
                ),
            ];

            Assert.Equal(CanaryWorker.Channels, found);
            Assert.All(surfaces, s => Assert.Contains("canary-A-", s.Value, StringComparison.Ordinal));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CANARY_A", null);
            SafeDelete.DeleteTree(home);
        }
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public async Task No_canary_of_one_of_8_workers_reaches_another()
    {
        int seed = Environment.GetEnvironmentVariable("ISOLATION_SEED") is { } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Environment.TickCount;
        output.WriteLine($"ISOLATION_SEED={seed}");
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.Repository.CommitAsync("Ignore", new Dictionary<string, string> { [".gitignore"] = "scratch/\n" });
        await using CanaryServer server = new();
        AsyncLocal<string?> ambient = new();
        ConcurrentDictionary<string, string> handed = new();
        // Two waves: the second finds whatever the first left in threads, pools and folders.
        AsyncBarrier[] planted = [new(AtOnce), new(AtOnce)];
        string[] names = [.. Enumerable.Range(0, 2 * AtOnce).Select(i => $"w{i}")];
        using Activity host = new Activity("host").Start();
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = AtOnce)
            .Waive("ISO0916", "a test")
            .Workspaces.UsePrivateClones()
            .RunWith(
                (worker, token) =>
                {
                    int number = int.Parse(worker.Item.Id[1..], System.Globalization.CultureInfo.InvariantCulture);
                    Random random = new(unchecked((seed * 31) + number));
                    HttpClient http = new(
                        new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null }
                    );
                    Hands hands = new(
                        worker.Item.Id,
                        async command => (await worker.ExecAsync(WorkerCommand.Of("sh", "-c", command), token)).Output,
                        text => worker.Context.Conversation.Append("user", text),
                        () => worker.Context.Conversation.Read().Select(t => t.Text),
                        http,
                        ArrayPool<byte>.Create(),
                        worker.ReportProgress
                    );
                    CanaryWorker canaries = new(hands, server, ambient);
                    handed[worker.Item.Id] =
                        worker.Context.Briefing
                        + "\n"
                        + string.Join('\n', worker.State.Environment.Select(e => $"{e.Name}={e.Value}"));
                    canaries.PlantInFlow();
                    return WorkAsync(canaries, http, random, planted[number / AtOnce], token);
                }
            )
            .Build();
        try
        {
            await using IsolationRun run = pipeline.Start([.. names.Select(n => PipelineFixture.Item(n))]);
            IsolationSummary summary = await run.Completion;

            Assert.True(summary.Count(ItemOutcome.Landed) == names.Length, string.Join('\n', summary.Items));
            foreach (WorkItemResult item in summary.Items)
            {
                string name = item.Item.Id;
                AttemptReport report = item.Attempts.Single();
                Dictionary<string, string> surfaces = new()
                {
                    ["briefing and environment"] = handed[name],
                    ["log"] = await File.ReadAllTextAsync(report.Log!),
                    ["status"] = pipeline.Workers.Single(w => w.Attempt == report.Attempt).ToString(),
                    ["commits"] = await rig.GitAsync("log", "-p", $"{report.BaseCommit}..{report.Commit}"),
                    ["requests"] = server.RequestsOf(name),
                    ["report"] = $"{report} {string.Join(' ', report.Changes)} {string.Join(' ', report.Notices)}",
                };
                Assert.All(surfaces, s =>
                    Assert.False(
                        names.Any(other =>
                            other != name && s.Value.Contains($"canary-{other}-", StringComparison.Ordinal)
                        ),
                        $"{name}, {s.Key}: {s.Value}"
                    )
                );
                Assert.Contains("Found: ", surfaces["log"], StringComparison.Ordinal);
            }
        }
        finally
        {
            Array.ForEach(names, n => Environment.SetEnvironmentVariable("CANARY_" + n, null));
        }
    }

    private static async Task<RunResult> WorkAsync(
        CanaryWorker canaries,
        HttpClient http,
        Random random,
        AsyncBarrier planted,
        CancellationToken cancellationToken
    )
    {
        using (http)
        {
            await canaries.PlantAsync(random);
            await planted.SignalAndWaitAsync(cancellationToken);
            await canaries.ScanAsync(random);
            return new RunResult.Done();
        }
    }

    private static async Task<string> ShellAsync(string folder, string home, string command)
    {
        ProcessStartInfo start = new("sh", ["-c", command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        (start.Environment["HOME"], start.Environment["TMPDIR"]) = (home, home);
        foreach (
            (string name, string value) in new Dictionary<string, string>
            {
                ["GIT_AUTHOR_NAME"] = "x",
                ["GIT_AUTHOR_EMAIL"] = "x@x",
                ["GIT_COMMITTER_NAME"] = "x",
                ["GIT_COMMITTER_EMAIL"] = "x@x",
            }
        )
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }
}
