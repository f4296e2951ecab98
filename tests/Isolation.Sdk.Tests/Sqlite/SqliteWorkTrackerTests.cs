using System.Text;
using Isolation.Sdk.Sqlite;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;
using Microsoft.Data.Sqlite;

namespace Isolation.Sdk.Tests.Sqlite;

/// <summary>The durable tracker: what every tracker does, and what a file adds.</summary>
public sealed class SqliteWorkTrackerTests
{
    private static readonly ClaimRequest Request = new("me", TimeSpan.FromMinutes(1)) { WaitForItems = false };

    public static TheoryData<string> Names => new(new Suite().Checks.Select(c => c.Name));

    [IsolationTheory]
    [MemberData(nameof(Names))]
    public async Task It_does_what_every_tracker_does(string check)
    {
        using Suite suite = new();
        await suite.RunAsync(check);
    }

    [IsolationFact]
    public async Task What_another_process_adds_is_claimed_and_watched()
    {
        using TrackerFile file = new();
        SqliteWorkTracker one = file.Open(),
            other = file.Open();
        IAsyncEnumerator<TrackedItem> watcher = one.WatchAsync().GetAsyncEnumerator();
        Task<TrackedItem?> waiting = one.ClaimAsync(Request with { WaitForItems = true }).AsTask();
        Task<bool> seen = watcher.MoveNextAsync().AsTask();

        await other.AddAsync([new WorkItem("a", "From outside")]);

        Assert.Equal("From outside", (await waiting)!.Item.Title);
        Assert.True(await seen);
        Assert.Equal("a", watcher.Current.Item.Id);
        await watcher.DisposeAsync();
    }

    [IsolationFact]
    public async Task A_second_host_waits_for_what_the_first_works_on()
    {
        using TrackerFile file = new();
        SqliteWorkTracker one = file.Open(),
            other = file.Open();
        await one.AddAsync([new WorkItem("a", "A")]);
        TrackedItem claim = (await one.ClaimAsync(Request with { Owner = "host one" }))!;
        Task<TrackedItem?> second = other.ClaimAsync(Request with { Owner = "host two" }).AsTask();

        Assert.Equal("host one", Assert.Single(await other.ListAsync()).Owner);
        Assert.False(second.IsCompleted);
        await one.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed));
        Assert.Null(await second);
    }

    [IsolationTheory]
    [InlineData(60)]
    public async Task Eight_at_once_claim_each_item_once(int count)
    {
        using TrackerFile file = new();
        await file.Open().AddAsync([.. Enumerable.Range(0, count).Select(i => new WorkItem($"i{i}", "I"))]);
        IReadOnlyList<string>[] claimed = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(host =>
                    Task.Run(async () =>
                    {
                        SqliteWorkTracker tracker = file.Open();
                        List<string> mine = [];
                        while (await tracker.ClaimAsync(Request with { Owner = $"host {host}" }) is { } claim)
                        {
                            mine.Add(claim.Item.Id);
                            Assert.NotNull(await tracker.SettleAsync(claim, new Settlement.Close(ItemOutcome.Landed)));
                        }

                        return (IReadOnlyList<string>)mine;
                    })
                )
        );

        Assert.Equal(count, claimed.Sum(c => c.Count));
        Assert.Equal(count, claimed.SelectMany(c => c).Distinct().Count());
    }

    [IsolationFact]
    public async Task An_export_brings_everything_into_another_file_and_adds_nothing_twice()
    {
        using TrackerFile file = new(),
            copy = new();
        SqliteWorkTracker tracker = file.Open(),
            imported = copy.Open();
        await tracker.AddAsync([new WorkItem("a", "A ✓"), new WorkItem("b", "B") { BlockedBy = ["a"] }]);
        TrackedItem claim = (await tracker.ClaimAsync(Request))!;
        await tracker.SettleAsync(claim, new Settlement.Suspend("token", "asks a person", new AttemptId("a", 1)));
        using MemoryStream export = new();
        await tracker.ExportAsync(export);

        foreach (int added in new[] { 2, 0 })
        {
            export.Position = 0;
            Assert.Equal(added, await imported.ImportAsync(export));
        }

        Assert.Equal(2, Encoding.UTF8.GetString(export.ToArray()).Count(c => c == '\n'));
        foreach (SqliteWorkTracker each in new[] { imported, copy.Open() })
        {
            Assert.Equal(
                (await tracker.ListAsync()).Select(i => (i.Item.Title, i.State, i.ResumeToken, i.Attempt, i.Attempts)),
                (await each.ListAsync()).Select(i => (i.Item.Title, i.State, i.ResumeToken, i.Attempt, i.Attempts))
            );
            Assert.Equal(await tracker.ReadHistoryAsync("a"), await each.ReadHistoryAsync("a"));
        }

        await imported.ResumeAsync("a");
        Assert.Equal("token", (await imported.ClaimAsync(Request))?.ResumeToken);
    }

    [IsolationTheory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"item\":{\"item\":{\"id\":\"\",\"title\":\"\"},\"sequence\":0,\"state\":\"Ready\"},\"history\":[]}")]
    [InlineData("half a line")]
    public async Task A_line_that_is_no_item_is_refused_and_nothing_is_added(string line)
    {
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        await tracker.AddAsync([new WorkItem("a", "A")]);
        using MemoryStream export = new();
        await tracker.ExportAsync(export);
        using TrackerFile other = new();
        using MemoryStream source = new([.. export.ToArray(), .. Encoding.UTF8.GetBytes(line)]);

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() =>
            other.Open().ImportAsync(source)
        );
        Assert.StartsWith("ISO0744: Line 2", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await other.Open().ListAsync());
    }

    [IsolationTheory]
    [InlineData("text", "ISO0742")]
    [InlineData("another database", "ISO0742")]
    [InlineData("damaged row", "ISO0742")]
    [InlineData("newer schema", "ISO0743")]
    [InlineData("a folder", "ISO0741")]
    [InlineData("no folder", "ISO0741")]
    public async Task A_file_that_cannot_be_used_is_a_fault_and_stays_as_it_is(string what, string code)
    {
        using TrackerFile file = new();
        string path = what == "no folder" ? Path.Combine(file.Path, "none", "items.db") : file.Path;
        switch (what)
        {
            case "text":
                await File.WriteAllTextAsync(path, "These are notes, and no database at all.\n");
                break;
            case "another database":
                Execute(path, "CREATE TABLE recipes (name TEXT)");
                break;
            case "a folder":
                Directory.CreateDirectory(path);
                break;
            case "damaged row" or "newer schema":
                await file.Open().AddAsync([new WorkItem("a", "A")]);
                Execute(path, what == "newer schema" ? "PRAGMA user_version = 9" : "UPDATE items SET json = X'7B22'");
                break;
        }

        byte[]? before = File.Exists(path) ? await File.ReadAllBytesAsync(path) : null;
        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(async () =>
            await new SqliteWorkTracker(path).AddAsync([new WorkItem("b", "B")])
        );

        Assert.Equal(code, fault.Fault.Code);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        if (before is not null && what != "another database")
        {
            Assert.Equal(before, await File.ReadAllBytesAsync(path));
        }
    }

    [IsolationFact]
    public async Task After_a_fault_the_tracker_is_what_the_file_says()
    {
        using TrackerFile file = new();
        SqliteWorkTracker tracker = file.Open();
        await tracker.AddAsync([new WorkItem("a", "A")]);
        Execute(file.Path, "CREATE TRIGGER full BEFORE INSERT ON items BEGIN SELECT RAISE(ABORT, 'no'); END");
        await Assert.ThrowsAsync<IsolationException>(async () => await tracker.ClaimAsync(Request));
        Execute(file.Path, "DROP TRIGGER full");

        Assert.Equal(TrackedState.Ready, Assert.Single(await tracker.ListAsync()).State);
        Assert.Equal(1, (await tracker.ClaimAsync(Request))?.Attempts);
    }

    [IsolationFact]
    public async Task The_same_items_started_again_do_only_what_is_not_done()
    {
        using TrackerFile file = new();
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        List<string> ran = [];
        for (int host = 0; host < 2; host++)
        {
            await using IsolationPipeline pipeline = rig.Compose(o => (o.MaxAttempts, o.MaxWorkers) = (1, 1))
                .UseSqliteTracker(file.Path)
                .RunWith(
                    async (worker, token) =>
                    {
                        ran.Add(worker.Item.Id);
                        return worker.Item.Id == "fails" && ran.Count < 3
                            ? new RunResult.Failed("no key")
                            : await PipelineFixture.WriteAndCommitAsync(worker, token);
                    }
                )
                .Build();
            await using IsolationRun run = pipeline.Start([
                PipelineFixture.Item("lands"),
                PipelineFixture.Item("fails"),
            ]);
            IsolationSummary summary = await run.Completion;
            Assert.Equal(host == 0 ? 1 : 2, summary.Count(ItemOutcome.Landed));
            await file.Open().ReopenAsync("fails");
        }

        Assert.Equal(["lands", "fails", "fails"], ran);
    }

    private static void Execute(string path, string text)
    {
        using SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private sealed class Suite : WorkTrackerConformance, IDisposable
    {
        private readonly TrackerFile _file = new();

        public void Dispose() => _file.Dispose();

        protected override ValueTask<IWorkTracker> CreateAsync(TimeProvider time) => new(_file.Open(time));

        protected override ValueTask<IWorkTracker> ReopenAsync(IWorkTracker tracker, TimeProvider time) =>
            CreateAsync(time);
    }
}
