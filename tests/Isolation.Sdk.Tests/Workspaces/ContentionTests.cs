using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

public class ContentionTests
{
    [IsolationFact(Tier = Tier.Ci)]
    public async Task Two_providers_make_32_workspaces_at_once_without_a_failure_or_an_orphan()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await using GitWorktreeProvider other = new(new WorkspaceOptions(), TimeProvider.System);
        WorkspaceRequest[] requests = new WorkspaceRequest[32];
        for (int i = 0; i < requests.Length; i++)
        {
            requests[i] = await rig.RequestAsync($"item{i}");
        }

        IWorkspace[] made = await Task.WhenAll(
            requests.Select((r, i) => Task.Run(async () => await (i % 2 == 0 ? rig.Provider : other).AcquireAsync(r)))
        );
        Assert.Equal(32, made.Select(w => w.Info.GitDirectory).Distinct().Count());
        Assert.Equal(33, (await rig.Repository.GitAsync(["worktree", "list"])).Split('\n').Length);
        await Task.WhenAll(made.Select(w => Task.Run(async () => await w.DisposeAsync())));
        Assert.Single((await rig.Repository.GitAsync(["worktree", "list"])).Split('\n'));
        Assert.Equal("", await rig.Repository.GitAsync(["branch", "--list", "isolation/*"]));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_worktree_is_never_seen_half_made()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string entries = Path.Combine(rig.Repository.Path, ".git", "worktrees");
        List<string> half = [];
        using CancellationTokenSource made = new();
        Task looking = Task.Run(() =>
        {
            // As a sibling's git does when it goes through all worktrees.
            while (!made.IsCancellationRequested)
            {
                foreach (string entry in Directory.Exists(entries) ? Directory.GetDirectories(entries) : [])
                {
                    if (
                        new[] { "commondir", "gitdir", "HEAD", "locked" }.FirstOrDefault(f =>
                            new FileInfo(Path.Combine(entry, f)) is not { Exists: true, Length: > 0 }
                        ) is
                        { } missing
                    )
                    {
                        half.Add($"{Path.GetFileName(entry)} without {missing}");
                    }
                }
            }
        });

        for (int i = 0; i < 12; i++)
        {
            await rig.AcquireAsync($"item{i}");
        }

        await made.CancelAsync();
        await looking;
        Assert.Empty(half.Distinct());
        Assert.Equal("", await rig.Repository.GitAsync(["worktree", "prune", "--dry-run", "--verbose"]));
        await rig.Repository.GitAsync(["fsck"]);
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("empty commondir")]
    [InlineData("HEAD of zeros")]
    [InlineData("empty directory")]
    [InlineData("initializing")]
    public async Task What_a_dead_add_left_half_made_stops_nobody(string state)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        IWorkspace neighbour = await rig.AcquireAsync("neighbour");
        string entry = Directory.CreateDirectory(Path.Combine(rig.Repository.Path, ".git", "worktrees", "zz")).FullName;
        if (state != "empty directory")
        {
            File.WriteAllText(Path.Combine(entry, "locked"), "initializing\n");
            File.WriteAllText(Path.Combine(entry, "gitdir"), Path.Combine(rig.Repository.Root, "zz", ".git") + "\n");
            File.WriteAllText(Path.Combine(entry, "commondir"), state == "empty commondir" ? "" : "../..\n");
            File.WriteAllText(
                Path.Combine(entry, "HEAD"),
                state == "initializing" ? "ref: refs/heads/main\n" : new string('0', 40) + "\n"
            );
        }

        foreach (string file in Directory.EnumerateFiles(entry))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        Directory.SetLastWriteTimeUtc(entry, DateTime.UnixEpoch);
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        Assert.Equal("", await WorkspaceFixture.GitAsync(neighbour, "status", "--porcelain"));
        await rig.Repository.GitAsync(["worktree", "list"]);
        await rig.Repository.GitAsync(["fetch", "."]);
        await rig.Repository.GitAsync(["fsck"]);
    }

    [IsolationFact]
    public async Task An_entry_that_is_half_made_this_moment_is_waited_for_and_not_healed_away()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        // Settings of one worktree: git has to make it.
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".git", "config.worktree"), "");
        string entry = Directory.CreateDirectory(Path.Combine(rig.Repository.Path, ".git", "worktrees", "zz")).FullName;
        string common = Path.Combine(entry, "commondir");
        File.WriteAllText(Path.Combine(entry, "gitdir"), Path.Combine(rig.Repository.Root, "zz", ".git") + "\n");
        File.WriteAllText(Path.Combine(entry, "HEAD"), "ref: refs/heads/main\n");
        File.WriteAllText(common, "");

        // The first add fails on the empty file; while the provider pauses, the file's maker writes it.
        int pauses = 0;
        await using GitWorktreeProvider provider = new(
            new WorkspaceOptions(),
            new PauseWatcher(() =>
            {
                pauses++;
                File.WriteAllText(common, "../..\n");
            })
        );
        IWorkspace workspace = await rig.AcquireAsync(provider: provider);
        Assert.Equal(1, pauses);
        Assert.True(Directory.Exists(entry));
        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "README.md")));
    }

    [IsolationFact]
    public async Task A_workspace_costs_two_git_processes_a_clean_capture_two_and_a_release_none()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        GitRepository opened = await GitOpener.OpenAsync(rig.Repository.Path);
        await using GitWorktreeProvider provider = new(
            new WorkspaceOptions(),
            TimeProvider.System,
            null,
            new GitRepositoryCache(opened: opened)
        );
        int before = opened.Client.StartedProcesses;
        IWorkspace workspace = await rig.AcquireAsync(provider: provider);
        Assert.Equal(2, opened.Client.StartedProcesses - before);
        WorkspaceFixture.Write(workspace, "a", "1\n");
        await WorkspaceFixture.GitAsync(workspace, "add", "-A");
        await WorkspaceFixture.GitAsync(workspace, "commit", "-qm", "A");
        before = opened.Client.StartedProcesses;
        await rig.CaptureAsync(workspace);
        Assert.Equal(2, opened.Client.StartedProcesses - before);
        await workspace.DisposeAsync();
        Assert.Equal(2, opened.Client.StartedProcesses - before);
        Assert.False(Directory.Exists(workspace.Info.Path));
    }

    private sealed class PauseWatcher(Action onPause) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            onPause();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
