using Isolation.Sdk.Merging;
using Isolation.Sdk.Workspaces;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

/// <summary>What every <see cref="IMergeStrategy"/> has to do. What is held for an approval gets it; a gate, if there
/// is one, has to be green for any tree.</summary>
public abstract class MergeStrategyConformance : AxisConformance<IMergeStrategy>
{
    private const string Target = "refs/heads/integration";

    /// <summary>What is submitted lands: the target contains the captured commit's change and what was there
    /// before.</summary>
    [Conformance]
    public Task Submitted_work_lands() =>
        OnAsync(
            async (bench, queue) =>
            {
                MergeRequest one = await MakeAsync(bench, "one", "one.txt", "1\n").ConfigureAwait(false);
                MergeRequest two = await MakeAsync(bench, "two", "two.txt", "2\n").ConfigureAwait(false);
                MergeStatus first = await LandAsync(queue, one).ConfigureAwait(false);
                MergeStatus second = await LandAsync(queue, two).ConfigureAwait(false);
                RequireEqual(
                    MergeState.Landed,
                    first.State,
                    $"They ended {first.State} ({first.Reason}) and {second.State} ({second.Reason})."
                );
                RequireEqual(
                    MergeState.Landed,
                    second.State,
                    $"They ended {first.State} ({first.Reason}) and {second.State} ({second.Reason})."
                );
                RequireEqual(
                    "1",
                    await ReadAsync(bench, "one.txt").ConfigureAwait(false),
                    "The target does not hold all of it."
                );
                RequireEqual(
                    "2",
                    await ReadAsync(bench, "two.txt").ConfigureAwait(false),
                    "The target does not hold all of it."
                );
                RequireEqual(
                    "one",
                    await ReadAsync(bench, "shared.txt").ConfigureAwait(false),
                    "The target does not hold all of it."
                );
                await bench
                    .Repository.GitAsync(["merge-base", "--is-ancestor", first.LandedCommit!, Target])
                    .ConfigureAwait(false);
                await bench
                    .Repository.GitAsync(["merge-base", "--is-ancestor", second.LandedCommit!, Target])
                    .ConfigureAwait(false);
            }
        );

    /// <summary>The canonical checkout is not touched: HEAD, index, files.</summary>
    [Conformance]
    public Task The_canonical_checkout_is_not_touched() =>
        OnAsync(
            async (bench, queue) =>
            {
                string index = Path.Combine(bench.Repository.Path, ".git", "index");
                byte[] before = await File.ReadAllBytesAsync(index).ConfigureAwait(false);
                await LandAsync(queue, await MakeAsync(bench, "one", "shared.txt", "changed\n").ConfigureAwait(false))
                    .ConfigureAwait(false);
                RequireSequence(
                    before,
                    (await File.ReadAllBytesAsync(index).ConfigureAwait(false)),
                    "The index was written."
                );
                RequireEqual(
                    "one\n",
                    await File.ReadAllTextAsync(Path.Combine(bench.Repository.Path, "shared.txt"))
                        .ConfigureAwait(false),
                    "A file was written."
                );
                RequireEqual(
                    $"{bench.Head}\nrefs/heads/main",
                    await bench
                        .Repository.GitAsync(["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"])
                        .ConfigureAwait(false),
                    "HEAD moved."
                );
            }
        );

    /// <summary>A conflict is a value that names the files, and the target stays as it was.</summary>
    [Conformance]
    public Task A_conflict_is_a_value() =>
        OnAsync(
            async (bench, queue) =>
            {
                MergeRequest one = await MakeAsync(bench, "one", "shared.txt", "mine\n").ConfigureAwait(false);
                MergeRequest two = await MakeAsync(bench, "two", "shared.txt", "yours\n").ConfigureAwait(false);
                await LandAsync(queue, one).ConfigureAwait(false);
                string before = await bench.Repository.GitAsync(["rev-parse", Target]).ConfigureAwait(false);
                MergeStatus status = await LandAsync(queue, two).ConfigureAwait(false);
                Require(
                    status.State == MergeState.Conflicted
                        && status.Conflict is { } conflict
                        && conflict.Files.Any(f => f.Path == "shared.txt"),
                    $"It ended {status.State}, and the conflict does not name the file."
                );
                RequireEqual(
                    before,
                    await bench.Repository.GitAsync(["rev-parse", Target]).ConfigureAwait(false),
                    "A conflict moved the target."
                );
                RequireEqual(
                    "commit",
                    await bench.Repository.GitAsync(["cat-file", "-t", two.Capture.Commit]).ConfigureAwait(false),
                    "The conflicting work is lost."
                );
            }
        );

    /// <summary>Submitting twice is submitting once, before and after the end.</summary>
    [Conformance]
    public Task Submitting_twice_is_submitting_once() =>
        OnAsync(
            async (bench, queue) =>
            {
                MergeRequest one = await MakeAsync(bench, "one", "one.txt", "1\n").ConfigureAwait(false);
                await queue.SubmitAsync(one).ConfigureAwait(false);
                MergeStatus first = await LandAsync(queue, one).ConfigureAwait(false);
                string landed = await bench.Repository.GitAsync(["rev-parse", Target]).ConfigureAwait(false);
                MergeStatus again = await LandAsync(queue, one).ConfigureAwait(false);
                RequireEqual(first.State, again.State, "The second submit ended elsewhere.");
                RequireEqual(first.LandedCommit, again.LandedCommit, "The second submit ended elsewhere.");
                RequireEqual(
                    landed,
                    await bench.Repository.GitAsync(["rev-parse", Target]).ConfigureAwait(false),
                    "The second submit moved the target."
                );
            }
        );

    /// <summary>A watch that starts after the end says the end, and ends.</summary>
    [Conformance]
    public Task A_late_watch_says_the_end_and_ends() =>
        OnAsync(
            async (bench, queue) =>
            {
                MergeRequest one = await MakeAsync(bench, "one", "one.txt", "1\n").ConfigureAwait(false);
                MergeStatus end = await LandAsync(queue, one).ConfigureAwait(false);
                List<MergeStatus> late = [];
                using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30), TimeProvider.System);
                await foreach (MergeStatus status in queue.WatchAsync(one.Attempt, limit.Token).ConfigureAwait(false))
                {
                    late.Add(status);
                }

                Require(
                    late is [{ IsTerminal: true } only] && only.State == end.State,
                    $"A late watch said {string.Join(", ", late.Select(s => s.State))}."
                );
            }
        );

    /// <summary>What ended is still known after the queue was closed and opened again, by someone else
    /// perhaps.</summary>
    [Conformance]
    public Task The_end_is_known_after_a_restart() =>
        OnAsync(
            async (bench, queue) =>
            {
                MergeRequest one = await MakeAsync(bench, "one", "one.txt", "1\n").ConfigureAwait(false);
                MergeStatus end = await LandAsync(queue, one).ConfigureAwait(false);
                await queue.DisposeAsync().ConfigureAwait(false);
                IMergeStrategy other = await CreateAsync(bench.Repository).ConfigureAwait(false);
                IMergeQueue reopened = await other
                    .OpenAsync(new MergeTarget(bench.Repository.Reference, Target))
                    .ConfigureAwait(false);
                await using (reopened.ConfigureAwait(false))
                {
                    MergeStatus known = await LandAsync(reopened, one).ConfigureAwait(false);
                    RequireEqual(end.State, known.State, $"After a restart it is {known.State}.");
                    RequireEqual(end.LandedCommit, known.LandedCommit, $"After a restart it is {known.State}.");
                }
            }
        );

    /// <summary>Two queues on one target are one queue: whoever does not act submits and watches.</summary>
    [Conformance]
    public Task Two_queues_on_one_target_are_one() =>
        OnAsync(
            async (bench, queue) =>
            {
                IMergeStrategy other = await CreateAsync(bench.Repository).ConfigureAwait(false);
                IMergeQueue second = await other
                    .OpenAsync(new MergeTarget(bench.Repository.Reference, Target))
                    .ConfigureAwait(false);
                await using (second.ConfigureAwait(false))
                {
                    MergeRequest[] all =
                    [
                        await MakeAsync(bench, "a", "a.txt", "a\n").ConfigureAwait(false),
                        await MakeAsync(bench, "b", "b.txt", "b\n").ConfigureAwait(false),
                        await MakeAsync(bench, "c", "c.txt", "c\n").ConfigureAwait(false),
                        await MakeAsync(bench, "d", "d.txt", "d\n").ConfigureAwait(false),
                    ];
                    MergeStatus[] ends = await Task.WhenAll(
                            all.Select((r, n) => LandAsync(n % 2 == 0 ? queue : second, r))
                        )
                        .ConfigureAwait(false);
                    Require(
                        ends.All(e => e.State == MergeState.Landed),
                        $"They ended {string.Join(", ", ends.Select(e => $"{e.State} ({e.Reason})"))}."
                    );
                    string[] files = (
                        await bench.Repository.GitAsync(["ls-tree", "--name-only", Target]).ConfigureAwait(false)
                    ).Split('\n');
                    Require(all.All(r => files.Contains(r.Attempt.Item + ".txt")), "The target lacks what landed.");
                }
            }
        );

    /// <summary>What lands was tested as it landed: the gate passed exactly that tree.</summary>
    [Conformance(Proves = IsolationGuarantees.TestedLanding)]
    public Task What_lands_was_tested_as_it_landed() =>
        OnAsync(
            async (bench, queue) =>
            {
                MergeStatus status = await LandAsync(
                        queue,
                        await MakeAsync(bench, "one", "one.txt", "1\n").ConfigureAwait(false)
                    )
                    .ConfigureAwait(false);
                Require(
                    status.State == MergeState.Landed && status.Gate is { Verdict: GateVerdict.Pass },
                    $"It ended {status.State} with the gate at {status.Gate?.Verdict}."
                );
                RequireEqual(
                    status.Gate!.Tree,
                    await bench
                        .Repository.GitAsync(["rev-parse", status.LandedCommit! + "^{tree}"])
                        .ConfigureAwait(false),
                    "Another tree was tested than landed."
                );
            }
        );

    /// <summary>Closing twice is closing once.</summary>
    [Conformance]
    public Task A_second_dispose_does_nothing() =>
        OnAsync(
            async (_, queue) =>
            {
                await queue.DisposeAsync().ConfigureAwait(false);
                await queue.DisposeAsync().ConfigureAwait(false);
            }
        );

    /// <summary>A target that does not exist is a fault.</summary>
    [Conformance]
    public Task A_missing_target_is_a_fault() =>
        OnAsync(
            async (bench, _) =>
            {
                try
                {
                    await bench
                        .Axis.OpenAsync(new MergeTarget(bench.Repository.Reference, "refs/heads/no-such-branch"))
                        .ConfigureAwait(false);
                }
                catch (IsolationException)
                {
                    return;
                }

                throw new ConformanceException("A queue on a branch that does not exist could be opened.");
            }
        );

    private static async Task<MergeStatus> LandAsync(IMergeQueue queue, MergeRequest request)
    {
        await queue.SubmitAsync(request).ConfigureAwait(false);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(45), TimeProvider.System);
        MergeStatus? last = null;
        bool approved = false;
        try
        {
            await foreach (MergeStatus status in queue.WatchAsync(request.Attempt, limit.Token).ConfigureAwait(false))
            {
                last = status;
                if (status.State == MergeState.Held && !approved)
                {
                    approved = true;
                    await queue
                        .ApproveAsync(request.Attempt, request.Capture.Commit, "conformance", limit.Token)
                        .ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new ConformanceException($"{request.Attempt} came to no end; it is {last?.State} ({last?.Reason}).");
        }

        return last is { IsTerminal: true }
            ? last
            : throw new ConformanceException($"The watch ended at {last?.State}, which is no end.");
    }

    private static async Task<MergeRequest> MakeAsync(
        ConformanceFixture<IMergeStrategy> bench,
        string item,
        string path,
        string content
    )
    {
        AttemptId attempt = new(item, 1);
        ThrowawayWorktree tree = await ThrowawayWorktree
            .CreateAsync(bench.Repository.Path, bench.Head)
            .ConfigureAwait(false);
        await using (tree.ConfigureAwait(false))
        {
            await File.WriteAllTextAsync(Path.Combine(tree.Path, path), content).ConfigureAwait(false);
            await tree.GitAsync(["add", "-A"]).ConfigureAwait(false);
            await tree.GitAsync(["commit", "-q", "-m", $"Work on {item}"]).ConfigureAwait(false);
            string commit = await tree.GitAsync(["rev-parse", "HEAD"]).ConfigureAwait(false);
            await tree.GitAsync(["update-ref", attempt.RefName, commit]).ConfigureAwait(false);
            FileChange change = new(
                path,
                path == "shared.txt" ? FileChangeKind.Modified : FileChangeKind.Added,
                1,
                path == "shared.txt" ? 1 : 0
            );
            return new MergeRequest(attempt, new Capture(commit, bench.Head, attempt.RefName, [change]))
            {
                Title = $"Work on {item}",
            };
        }
    }

    private static Task<string> ReadAsync(ConformanceFixture<IMergeStrategy> bench, string path) =>
        bench.Repository.GitAsync(["show", $"{Target}:{path}"]);

    private async Task OnAsync(Func<ConformanceFixture<IMergeStrategy>, IMergeQueue, Task> check)
    {
        ConformanceFixture<IMergeStrategy> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            await bench.Repository.GitAsync(["branch", "integration"]).ConfigureAwait(false);
            IMergeQueue queue = await bench
                .Axis.OpenAsync(new MergeTarget(bench.Repository.Reference, Target))
                .ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                await check(bench, queue).ConfigureAwait(false);
            }
        }
    }
}
