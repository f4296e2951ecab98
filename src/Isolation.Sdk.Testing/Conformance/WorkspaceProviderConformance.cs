using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

/// <summary>What every <see cref="IWorkspaceProvider"/> has to do.</summary>
public abstract partial class WorkspaceProviderConformance : AxisConformance<IWorkspaceProvider>
{
    /// <summary>A workspace holds the files of its base commit, on that commit, and is clean.</summary>
    [Conformance]
    public Task A_workspace_is_at_its_base() =>
        OnAsync(async bench =>
        {
            await bench
                .Repository.CommitAsync("Later", new Dictionary<string, string> { ["later.txt"] = "x" })
                .ConfigureAwait(false);
            IWorkspace workspace = await AcquireAsync(bench, "one").ConfigureAwait(false);
            await using (workspace.ConfigureAwait(false))
            {
                RequireEqual(
                    bench.Head,
                    workspace.Info.BaseCommit,
                    "The workspace says another base than was asked for."
                );
                RequireEqual(
                    bench.Head,
                    await GitAsync(workspace, "rev-parse", "HEAD").ConfigureAwait(false),
                    "HEAD is not at the base commit."
                );
                RequireEqual(
                    "",
                    await GitAsync(workspace, "status", "--porcelain").ConfigureAwait(false),
                    "A new workspace is not clean."
                );
                RequireEqual(
                    "one\n",
                    await File.ReadAllTextAsync(In(workspace, "shared.txt")).ConfigureAwait(false),
                    "A file differs from the base commit."
                );
                Require(!File.Exists(In(workspace, "later.txt")), "A file of a later commit is there.");
                RequireEqual(
                    (workspace.Info.Branch ?? "HEAD"),
                    await GitAsync(workspace, "rev-parse", "--abbrev-ref", "HEAD").ConfigureAwait(false),
                    "The branch is not the one it says."
                );
            }
        });

    /// <summary>Many workspaces can be acquired at once.</summary>
    [Conformance]
    public Task Many_can_be_acquired_at_once() =>
        OnAsync(async bench =>
        {
            FakeLease[] leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => bench.IssueAsync($"item-{n}")))
                .ConfigureAwait(false);
            IWorkspace[] all = await Task.WhenAll(
                    leases.Select(l => Task.Run(() => bench.Axis.AcquireAsync(Request(bench, l)).AsTask()))
                )
                .ConfigureAwait(false);
            RequireEqual(
                all.Length,
                all.Select(w => w.Info.Path).Distinct().Count(),
                "Two workspaces share a directory."
            );
            RequireEqual(
                all.Length,
                all.Select(w => w.Info.Branch ?? w.Info.Path).Distinct().Count(),
                "Two workspaces share a branch."
            );
            foreach (IWorkspace workspace in all)
            {
                await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            }
        });

    /// <summary>An acquire that fails leaves nothing behind.</summary>
    [Conformance]
    public Task A_failed_acquire_leaves_nothing_behind() =>
        OnAsync(async bench =>
        {
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            LeakSnapshot before = await SnapshotAsync(bench).ConfigureAwait(false);
            WorkspaceRequest request = new(lease, bench.Repository.Reference, new string('1', bench.Head.Length));
            await ThrowsAsync<IsolationException>(
                    () => bench.Axis.AcquireAsync(request),
                    "An acquire on a commit that does not exist"
                )
                .ConfigureAwait(false);
            await before.AssertNothingLeakedAsync().ConfigureAwait(false);
        });

    /// <summary>An acquire that is cancelled leaves nothing behind, whichever note it had come to.</summary>
    [Conformance]
    public Task A_cancelled_acquire_leaves_nothing_behind() =>
        OnAsync(async bench =>
        {
            int notes = 0;
            FakeLease counted = await bench.IssueAsync("counted", (_, _) => notes++).ConfigureAwait(false);
            await (await bench.Axis.AcquireAsync(Request(bench, counted)).ConfigureAwait(false))
                .ReleaseAsync(ReleaseMode.Remove)
                .ConfigureAwait(false);
            Require(notes > 0, "Nothing was noted in the lease.");
            for (int at = 0; at <= notes; at++)
            {
                using CancellationTokenSource cancel = new();
                int left = at;
                FakeLease lease = await bench
                    .IssueAsync($"item-{at}", (_, _) => Cancel(cancel, --left == 0))
                    .ConfigureAwait(false);
                Cancel(cancel, at == 0);
                LeakSnapshot before = await SnapshotAsync(bench).ConfigureAwait(false);
                try
                {
                    // A cancellation that comes last may lose against the end of the work; then there is a workspace,
                    // whole.
                    IWorkspace late = await bench
                        .Axis.AcquireAsync(Request(bench, lease), cancel.Token)
                        .ConfigureAwait(false);
                    Require(at > 0, "A token that was cancelled before did not end the acquire.");
                    await late.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
                }
                catch (OperationCanceledException) { }

                await before.AssertNothingLeakedAsync().ConfigureAwait(false);
            }
        });

    /// <summary>A path is noted before it exists, so that a sweep finds it whatever happens next.</summary>
    [Conformance]
    public Task A_place_is_noted_before_it_exists() =>
        OnAsync(async bench =>
        {
            HashSet<string> absent = new(StringComparer.Ordinal);
            FakeLease lease = await bench
                .IssueAsync("one", (_, value) => AddIfAbsent(absent, value))
                .ConfigureAwait(false);
            IWorkspace workspace = await bench.Axis.AcquireAsync(Request(bench, lease)).ConfigureAwait(false);
            Require(
                absent.Any(p =>
                    workspace.Info.Path == p
                    || workspace.Info.Path.StartsWith(p + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                ),
                "The workspace's path was not noted before it was made."
            );
            await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
        });

    /// <summary>A second release does nothing, and neither does a dispose after it.</summary>
    [Conformance]
    public Task A_second_release_does_nothing() =>
        OnAsync(async bench =>
        {
            LeakSnapshot before = await SnapshotAsync(bench).ConfigureAwait(false);
            IWorkspace workspace = await AcquireAsync(bench, "one").ConfigureAwait(false);
            await File.WriteAllTextAsync(In(workspace, "dirty.txt"), "x").ConfigureAwait(false);
            await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            Require(!Directory.Exists(workspace.Info.Path), "The directory outlived its removal.");
            await workspace.ReleaseAsync(ReleaseMode.Keep).ConfigureAwait(false);
            await workspace.DisposeAsync().ConfigureAwait(false);
            await bench
                .Repository.GitAsync(["update-ref", "-d", new AttemptId("one", 1).RefName])
                .ConfigureAwait(false);
            await before.AssertNothingLeakedAsync().ConfigureAwait(false);
        });

    /// <summary>Dispose keeps what is pinned nowhere else.</summary>
    [Conformance]
    public Task Dispose_keeps_work_that_is_not_pinned() =>
        OnAsync(async bench =>
        {
            IWorkspace workspace = await AcquireAsync(bench, "one").ConfigureAwait(false);
            string work = In(workspace, "work.txt");
            await File.WriteAllTextAsync(work, "x").ConfigureAwait(false);
            await workspace.DisposeAsync().ConfigureAwait(false);
            Require(File.Exists(work), "Dispose lost work that nobody had captured.");
        });

    /// <summary>Dispose removes what is pinned.</summary>
    [Conformance]
    public Task Dispose_removes_what_is_pinned() =>
        OnAsync(async bench =>
        {
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            IWorkspace workspace = await bench.Axis.AcquireAsync(Request(bench, lease)).ConfigureAwait(false);
            await File.WriteAllTextAsync(In(workspace, "work.txt"), "x").ConfigureAwait(false);
            await CaptureAsync(bench, lease, workspace).ConfigureAwait(false);
            await workspace.DisposeAsync().ConfigureAwait(false);
            Require(!Directory.Exists(workspace.Info.Path), "Dispose kept what was captured.");
        });

    /// <summary>A workspace whose process died is found again from its lease, and can be removed.</summary>
    [Conformance]
    public Task A_workspace_is_found_again_after_a_crash() =>
        OnAsync(async bench =>
        {
            LeakSnapshot before = await SnapshotAsync(bench).ConfigureAwait(false);
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            IWorkspace lost = await bench.Axis.AcquireAsync(Request(bench, lease)).ConfigureAwait(false);
            IWorkspaceProvider other = await CreateAsync(bench.Repository).ConfigureAwait(false);
            IWorkspace? found = await other
                .ReopenAsync(lease.ToRecord(bench.Repository.Reference))
                .ConfigureAwait(false);
            Require(found is not null && found.Info == lost.Info, "The lease did not lead back to the workspace.");
            await found!.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            Require(
                await other.ReopenAsync(lease.ToRecord(bench.Repository.Reference)).ConfigureAwait(false) is null,
                "A removed workspace was found again."
            );
            await bench.Repository.GitAsync(["update-ref", "-d", lease.Attempt.RefName]).ConfigureAwait(false);
            await before.AssertNothingLeakedAsync().ConfigureAwait(false);
        });

    /// <summary>A lease that notes nothing of this provider's leads nowhere.</summary>
    [Conformance]
    public Task A_strangers_lease_leads_nowhere() =>
        OnAsync(async bench =>
        {
            FakeLease lease = new("stranger");
            await lease.NoteAsync("somebody.else", bench.Repository.Path).ConfigureAwait(false);
            Require(
                await bench.Axis.ReopenAsync(lease.ToRecord(bench.Repository.Reference)).ConfigureAwait(false) is null,
                "A stranger's lease led to a workspace."
            );
        });

    /// <summary>A capture pins commits and leftovers, and changes nothing of the canonical checkout.</summary>
    [Conformance]
    public Task A_capture_pins_commits_and_leftovers() =>
        OnAsync(async bench =>
        {
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            IWorkspace workspace = await bench.Axis.AcquireAsync(Request(bench, lease)).ConfigureAwait(false);
            byte[] index = await File.ReadAllBytesAsync(Path.Combine(bench.Repository.Path, ".git", "index"))
                .ConfigureAwait(false);
            await File.WriteAllTextAsync(In(workspace, "committed.txt"), "1\n").ConfigureAwait(false);
            await GitAsync(workspace, "add", "committed.txt").ConfigureAwait(false);
            await GitAsync(workspace, "commit", "-q", "-m", "Work").ConfigureAwait(false);
            await File.WriteAllTextAsync(In(workspace, "left.txt"), "2\n").ConfigureAwait(false);
            File.Delete(In(workspace, "shared.txt"));
            Capture capture = await CaptureAsync(bench, lease, workspace).ConfigureAwait(false);
            string[] names = (
                await bench.Repository.GitAsync(["ls-tree", "-r", "--name-only", capture.Commit]).ConfigureAwait(false)
            ).Split('\n');
            RequireSequence(
                ["README.md", "committed.txt", "left.txt", "src/code.txt"],
                names,
                $"The captured tree holds {string.Join(", ", names)}."
            );
            RequireEqual(
                capture.Commit,
                await bench.Repository.GitAsync(["rev-parse", capture.Source]).ConfigureAwait(false),
                "The attempt's ref does not pin the captured commit."
            );
            Require(capture.HadLeftovers, "Leftovers, or honesty, were not recognised.");
            RequireEqual(0, capture.Tampering.Count, "Leftovers, or honesty, were not recognised.");
            RequireSequence(
                [
                    ("committed.txt", FileChangeKind.Added),
                    ("left.txt", FileChangeKind.Added),
                    ("shared.txt", FileChangeKind.Deleted),
                ],
                capture.Files.Select(f => (f.Path, f.Kind)).OrderBy(f => f.Path, StringComparer.Ordinal),
                "The changed files are not those."
            );
            await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
            RequireEqual(
                "commit",
                await bench.Repository.GitAsync(["cat-file", "-t", capture.Commit]).ConfigureAwait(false),
                "The captured commit did not outlive the workspace."
            );
            RequireSequence(
                index,
                (
                    await File.ReadAllBytesAsync(Path.Combine(bench.Repository.Path, ".git", "index"))
                        .ConfigureAwait(false)
                ),
                "The index of the canonical checkout was written."
            );
        });

    /// <summary>A capture of nothing is empty, and a second one says the same.</summary>
    [Conformance]
    public Task A_capture_of_nothing_is_empty_twice() =>
        OnAsync(async bench =>
        {
            FakeLease lease = await bench.IssueAsync("one").ConfigureAwait(false);
            IWorkspace workspace = await bench.Axis.AcquireAsync(Request(bench, lease)).ConfigureAwait(false);
            Capture one = await CaptureAsync(bench, lease, workspace).ConfigureAwait(false);
            Capture two = await CaptureAsync(bench, lease, workspace).ConfigureAwait(false);
            Require(one.IsEmpty, "Nothing was made, and something was captured.");
            Require(two.IsEmpty, "Nothing was made, and something was captured.");
            RequireEqual(bench.Head, one.Commit, "Nothing was made, and something was captured.");
            RequireEqual(bench.Head, two.Commit, "Nothing was made, and something was captured.");
            await workspace.ReleaseAsync(ReleaseMode.Remove).ConfigureAwait(false);
        });

    /// <summary>Opens the state scope that captures run in. The default has a home, a temp folder and no
    /// promise.</summary>
    /// <param name="request">For which attempt, around which workspace.</param>
    protected virtual ValueTask<IStateScope> OpenScopeAsync(StateRequest request) => new(new HostStateScope(request));
}
