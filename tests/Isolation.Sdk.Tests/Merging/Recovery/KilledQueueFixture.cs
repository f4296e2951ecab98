using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Merging.Recovery;
using Isolation.Sdk.Tests.Stress;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>A queue whose processes are killed, an outsider who watches its target all the time, and what has to be
/// true at the end.</summary>
internal sealed class KilledQueueFixture : IAsyncDisposable
{
    // Leaves a daemon behind, takes a moment, and is red when the tree has a file named bad-something.
    public const string Gate = """
        setsid sleep 300 < /dev/null > /dev/null 2>&1 &
        sleep 0.03
        for f in bad-*; do test ! -e "$f" || exit 1; done
        """;

    private readonly List<QueueWork> _works = [];
    private readonly HashSet<string> _outside = [];
    private TargetObserver _observer = null!;

    private KilledQueueFixture(QueueFixture bench) => Fixture = bench;

    public QueueFixture Fixture { get; }

    /// <summary>Everything that was made, in the order in which it is submitted.</summary>
    public IReadOnlyList<QueueWork> Works => _works;

    /// <summary>How each item has to end.</summary>
    public Dictionary<string, MergeState> Ends { get; } = new(StringComparer.Ordinal);

    public string Start { get; private set; } = "";

    public string StepsFolder => Path.Combine(Fixture.Repository.Root, "trail");

    /// <summary>The remote that the target is pushed to; a name for <see cref="QueueRequest.Remote"/>.</summary>
    public string? Remote { get; private set; }

    public static async Task<KilledQueueFixture> CreateAsync(IEnumerable<QueuePlan> plans, bool push = false)
    {
        KilledQueueFixture bench = new(await QueueFixture.CreateAsync(("shared.txt", "base\n"), ("old.txt", "base\n")));
        Directory.CreateDirectory(bench.StepsFolder);
        string before = await bench.Fixture.TargetCommitAsync();
        await bench.Fixture.Repository.CommitAsync("Since", new Dictionary<string, string> { ["old.txt"] = "newer\n" });
        await bench.Fixture.GitAsync("branch", "-f", "target", "main");
        await bench.MakeAsync([.. plans], before);

        // So that every move of every ref is written down by git itself.
        await bench.Fixture.GitAsync("config", "core.logAllRefUpdates", "always");
        bench.Start = await bench.Fixture.TargetCommitAsync();
        if (push)
        {
            bench.Remote = "origin";
            await bench.Fixture.GitAsync("init", "-q", "--bare", bench.RemotePath);
            await bench.Fixture.GitAsync("remote", "add", "origin", bench.RemotePath);
            await bench.Fixture.GitAsync("push", "-q", "origin", "target");
        }

        bench._observer = TargetObserver.Start(bench.Fixture);
        return bench;
    }

    private string RemotePath => Path.Combine(Fixture.Repository.Root, "remote.git");

    public HostRequest Ask(QueueRequest? change = null) =>
        new(Fixture.Repository.Path)
        {
            Target = QueueFixture.TargetRef,
            Queue = (change ?? new QueueRequest(StepsFolder, [])) with
            {
                Steps = StepsFolder,
                Gate = ["sh", "-c", Gate],
                Remote = Remote,
            },
        };

    /// <summary>What some process was told to be submitted.</summary>
    public IReadOnlyList<string> Submitted() =>
        [
            .. Trails()
                .SelectMany(t => t)
                .Where(l => l.StartsWith("submitted ", StringComparison.Ordinal))
                .Select(l => l["submitted ".Length..]),
        ];

    public void Compare(HostAnswer answer, string what) =>
        Same(
            Ends.Select(e => $"{e.Key} {e.Value}"),
            answer.Items.Select(i =>
                i.Outcome == Ends[i.Item].ToString() ? $"{i.Item} {i.Outcome}" : $"{i.Item} {i.Outcome} ({i.Reason})"
            ),
            what,
            "are the ends that a watcher saw"
        );

    /// <summary>Hands in the first of them while nobody acts.</summary>
    public async Task SubmitAsync(int count)
    {
        QueueStore store = await StoreAsync();
        MergeQueueOptions options = new();
        options.Gates.Add("true");
        foreach (QueueWork work in _works.Take(count))
        {
            Capture capture = new(
                work.Commit,
                work.Base,
                "refs/isolation/attempts/" + work.Item + "/1",
                [.. work.Files.Select(f => new FileChange(f, FileChangeKind.Modified, 1, 0))]
            );
            MergeRequest request = new(new AttemptId(work.Item, 1), capture)
            {
                DependsOn = [.. work.After.Select(a => new AttemptId(a, 1))],
            };
            Assert.NotNull(
                await store.TryCreateAsync(
                    request,
                    new MergePolicy(MergePreset.Refinery, options),
                    CancellationToken.None
                )
            );
        }
    }

    public async Task<QueueStore> StoreAsync() =>
        new(
            new QueueLayout(await GitOpener.OpenAsync(Fixture.Repository.Path), QueueFixture.TargetRef),
            TimeProvider.System
        );

    /// <summary>Somebody else pushes to the target.</summary>
    public async Task PushOutsideAsync(string file)
    {
        while (true)
        {
            string target = await Fixture.TargetCommitAsync();
            string commit = (await Fixture.WorkAsync(target, (file, "outside\n"))).Commit;
            _outside.Add(commit);
            try
            {
                await Fixture.GitAsync("update-ref", QueueFixture.TargetRef, commit, target);
                return;
            }
            catch (InvalidOperationException)
            {
                // The queue was faster.
            }
        }
    }

    /// <summary>What each process that opened the queue did.</summary>
    public IReadOnlyList<string[]> Trails() => [.. Directory.GetFiles(StepsFolder).Select(File.ReadAllLines)];

    /// <summary>What has to hold once every item is at its end and every process of the queue is gone.</summary>
    /// <param name="what">What happened, for the message.</param>
    /// <param name="order">The items in the order of their submission, if it is another than that of
    /// <see cref="Works"/>.</param>
    public async Task CheckAsync(string what, IReadOnlyList<string>? order = null)
    {
        IReadOnlyDictionary<string, string> seen = await _observer.EndAsync();
        string[] landed = await LandedAsync();
        Dictionary<string, string> returned = await ReturnedAsync();
        string[] history = Lines(await Fixture.GitAsync("rev-list", "--first-parent", $"{Start}..target"));
        Dictionary<string, JournalEntry[]> journal = (await JournalAsync())
            .GroupBy(e => e.State.ToString())
            .ToDictionary(g => g.Key, g => g.ToArray());
        JournalEntry[] landings = journal.GetValueOrDefault(nameof(JournalState.Landed)) ?? [];

        // Each item landed once or was given back once, as was to be expected of it.
        string[] wanted = [.. Ends.Where(e => e.Value == MergeState.Landed).Select(e => e.Key)];
        Same(wanted, landed, what, "landed");
        string[] line = [.. (order ?? [.. _works.Select(w => w.Item)]).Where(wanted.Contains)];
        Assert.True(
            line.SequenceEqual(landed),
            $"{what}: landed as {string.Join(' ', landed)}; submitted as {string.Join(' ', line)}"
        );
        Same(
            wanted,
            landings.SelectMany(e => e.Items).Select(i => i.Attempt.Item),
            what,
            "are in the journal as landed"
        );
        Same(
            Ends.Where(e => e.Value != MergeState.Landed).Select(e => $"{e.Key} {e.Value}"),
            returned.Where(r => !landed.Contains(r.Key)).Select(r => $"{r.Key} {r.Value}"),
            what,
            "were given back"
        );
        Assert.True(
            returned.Where(r => landed.Contains(r.Key)).All(r => r.Value == nameof(MergeState.Landed)),
            $"{what}: {string.Join(' ', returned)}"
        );
        foreach (string item in Ends.Where(e => e.Value != MergeState.Landed).Select(e => e.Key))
        {
            Assert.True(
                await EndsWrittenAsync(item) == 1,
                $"{what}: {item} was given back {await EndsWrittenAsync(item)} times"
            );
        }

        // The journal tells what the target did, and nothing is open in it.
        Assert.False(journal.ContainsKey(nameof(JournalState.Intent)), $"{what}: the journal ends with an intent");
        string[] moves = [.. landings.Select(e => e.New)];
        Same(moves.Concat(_outside.Where(history.Contains)), await MovesAsync(), what, "are what the target moved to");
        Assert.True(
            landings.SelectMany(e => e.Items).All(i => history.Contains(i.Commit)),
            $"{what}: the journal names a commit that the target has not"
        );

        // What the outsider saw, and it can have seen no more than the tips of groups, was tested as exactly that tree.
        HashSet<string> passed = await PassedAsync();
        foreach ((string commit, string tree) in seen.Where(s => s.Key != Start && !_outside.Contains(s.Key)))
        {
            Assert.True(moves.Contains(commit), $"{what}: {commit} was seen, and no landing went there");
            Assert.True(passed.Contains(tree), $"{what}: {commit} was seen, and its tree {tree} has no pass");
        }

        Assert.Contains(await Fixture.TargetCommitAsync(), seen.Keys);
        Assert.All(moves, m => Assert.True(history.Contains(m), what));
        await NothingIsLeftAsync(what);
    }

    /// <summary>The items in the target's history, oldest first.</summary>
    public async Task<string[]> LandedAsync() =>
        Lines(
            await Fixture.GitAsync(
                "log",
                "--first-parent",
                "--reverse",
                "--format=%(trailers:key=Isolation-Item,valueonly,separator=)",
                $"{Start}..target"
            )
        );

    /// <summary>The journal, newest first, as plain git shows it.</summary>
    public async Task<IReadOnlyList<JournalEntry>> JournalAsync() =>
        [
            .. (await Fixture.GitAsync("log", "-z", "--format=%B", "refs/isolation/mq/target/journal"))
                .Split('\0')
                .Select(JournalEntry.Parse)
                .OfType<JournalEntry>(),
        ];

    public async ValueTask DisposeAsync()
    {
        await _observer.DisposeAsync();
        await Fixture.DisposeAsync();
    }

    private static void Same(IEnumerable<string> expected, IEnumerable<string> actual, string what, string which)
    {
        string[] sorted = [.. actual.Order(StringComparer.Ordinal)];
        Assert.True(
            expected.Order(StringComparer.Ordinal).SequenceEqual(sorted),
            $"{what}: [{string.Join(", ", sorted)}] {which}; expected "
                + $"[{string.Join(", ", expected.Order(StringComparer.Ordinal))}]"
        );
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task MakeAsync(QueuePlan[] plans, string from)
    {
        StringBuilder stream = new();
        foreach (QueuePlan plan in plans)
        {
            stream.Append(
                $"commit refs/isolation/attempts/{plan.Item}/1\ncommitter Test <test@example.com> "
                    + $"1700000000 +0000\ndata 4\nWork\nfrom {from}\n"
            );
            stream.Append($"M 100644 inline {plan.File}\ndata {plan.Item.Length + 1}\n{plan.Item}\n\n");
        }

        ProcessStartInfo start = new("git", ["-C", Fixture.Repository.Path, "fast-import", "--quiet"])
        {
            RedirectStandardInput = true,
        };
        using Process git = Process.Start(start)!;
        await git.StandardInput.WriteAsync(stream.ToString());
        git.StandardInput.Close();
        await git.WaitForExitAsync();
        Assert.Equal(0, git.ExitCode);
        Dictionary<string, string> commits = Lines(
                await Fixture.GitAsync(
                    "for-each-ref",
                    "--format=%(refname:lstrip=3) %(objectname)",
                    "refs/isolation/attempts"
                )
            )
            .Select(l => l.Split(' '))
            .ToDictionary(f => f[0], f => f[1]);
        foreach (QueuePlan plan in plans)
        {
            _works.Add(new QueueWork(plan.Item, commits[plan.Item + "/1"], from, [plan.File]) { After = plan.After });
            Ends[plan.Item] = plan.End;
        }
    }

    private async Task<Dictionary<string, string>> ReturnedAsync()
    {
        string[] records = (
            await Fixture.GitAsync("for-each-ref", "--format=%(contents)%00", "refs/isolation/mq/target/items")
        ).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<JsonElement> items = records
            .Where(r => r.Trim().Length > 0)
            .Select(r => JsonDocument.Parse(r).RootElement);
        return items.ToDictionary(
            i => i.GetProperty("attempt").GetProperty("item").GetString()!,
            i => i.TryGetProperty("state", out JsonElement state) ? state.GetString()! : nameof(MergeState.Queued)
        );
    }

    /// <summary>How often an item's ref was moved to a record that is terminal.</summary>
    private async Task<int> EndsWrittenAsync(string item)
    {
        int ends = 0;
        foreach (
            string commit in Lines(
                await Fixture.GitAsync("log", "-g", "--format=%H", $"refs/isolation/mq/target/items/{item}/1")
            )
        )
        {
            ends += QueueItem.Parse(commit, await Fixture.GitAsync("log", "-1", "--format=%B", commit))
                is { IsTerminal: true }
                ? 1
                : 0;
        }

        return ends;
    }

    /// <summary>Every value that git itself wrote down for the target since the start.</summary>
    private async Task<string[]> MovesAsync()
    {
        string[] all = Lines(await Fixture.GitAsync("log", "-g", "--format=%H", QueueFixture.TargetRef));
        return all[..Array.IndexOf(all, Start)];
    }

    private async Task<HashSet<string>> PassedAsync()
    {
        HashSet<string> passed = [];
        foreach (
            string line in await File.ReadAllLinesAsync(
                Path.Combine(WorkersDirectory.Beside(Fixture.Common).Gates, "target.gates.jsonl")
            )
        )
        {
            // A process that was killed may have left half a line.
            if (
                line.StartsWith('{')
                && line.EndsWith('}')
                && JsonDocument.Parse(line).RootElement is var run
                && run.GetProperty("verdict").GetString() == "Pass"
            )
            {
                passed.Add(run.GetProperty("tree").GetString()!);
            }
        }

        return passed;
    }

    private async Task NothingIsLeftAsync(string what)
    {
        string[] processes = HostProcess.Below(Fixture.Repository.Root);
        Assert.True(processes.Length == 0, $"{what}: {string.Join('\n', processes)}");
        string[] strange =
        [
            .. Lines(await Fixture.GitAsync("for-each-ref", "--format=%(refname)", "refs/isolation/mq"))
                .Where(r => !r.StartsWith("refs/isolation/mq/target/items/", StringComparison.Ordinal))
                .Except(["refs/isolation/mq/target/journal", "refs/isolation/mq/target/backup"]),
        ];
        Assert.True(strange.Length == 0, $"{what}: {string.Join(' ', strange)}");
        string[] trees = Lines(await Fixture.GitAsync("worktree", "list"));
        Assert.True(trees.Length == 1, $"{what}: {string.Join('\n', trees)}");
        string gates = Path.Combine(WorkersDirectory.Beside(Fixture.Common).Gates, "target");
        string[] slots = Directory.Exists(gates) ? Directory.GetFileSystemEntries(gates, "slot-*") : [];
        Assert.True(slots.Length == 0, $"{what}: {string.Join(' ', slots)}");
        string leases = Path.Combine(Fixture.Common, "isolation", "leases");
        Assert.True(
            !Directory.Exists(leases) || Directory.GetFiles(leases, "*.json").Length == 0,
            $"{what}: leases are left"
        );
        string[] locks = Directory.GetFiles(
            Path.Combine(Fixture.Common, "refs"),
            "*.lock",
            SearchOption.AllDirectories
        );
        Assert.True(locks.Length == 0, $"{what}: {string.Join(' ', locks)}");
        await Fixture.GitAsync("fsck", "--strict", "--no-dangling");
        if (Remote is not null)
        {
            Assert.Equal(
                await Fixture.TargetCommitAsync(),
                await Fixture.GitAsync("--git-dir", RemotePath, "rev-parse", "target")
            );
        }
    }
}

/// <summary>An item for a <see cref="KilledQueueFixture"/>: it writes its name into one file.</summary>
internal sealed record QueuePlan(string Item, string File, MergeState End = MergeState.Landed)
{
    public const string SharedFile = "shared.txt";

    public IReadOnlyList<string> After { get; init; } = [];

    public static QueuePlan Good(string item, params string[] after) => new(item, item + ".txt") { After = after };

    /// <summary>Red in the gate.</summary>
    public static QueuePlan Bad(string item) => new(item, "bad-" + item, MergeState.Rejected);

    /// <summary>Collides with the target from the start.</summary>
    public static QueuePlan Old(string item) => new(item, "old.txt", MergeState.Conflicted);

    /// <summary>The first of these lands; the others collide with it.</summary>
    public static QueuePlan Shared(string item, bool first) =>
        new(item, SharedFile, first ? MergeState.Landed : MergeState.Conflicted);
}
