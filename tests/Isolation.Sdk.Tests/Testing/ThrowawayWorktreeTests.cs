using Isolation.Sdk.IO;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

public sealed class ThrowawayWorktreeTests
{
    [IsolationFact]
    public async Task It_has_the_files_of_its_revision_and_is_clean()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await repository.CommitAsync("Two", new Dictionary<string, string> { ["src/two.txt"] = "2" });

        await using ThrowawayWorktree now = await ThrowawayWorktree.CreateAsync(repository.Path);
        await using ThrowawayWorktree before = await ThrowawayWorktree.CreateAsync(
            Path.Combine(repository.Path, "src"),
            "HEAD~1"
        );

        Assert.Equal("2", await File.ReadAllTextAsync(Path.Combine(now.Path, "src", "two.txt")));
        Assert.False(Directory.Exists(Path.Combine(before.Path, "src")));
        Assert.Equal("", await now.GitAsync(["status", "--porcelain"]));
        Assert.Equal("", await before.GitAsync(["status", "--porcelain"]));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Nothing_is_left_after_dispose()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        LeakSnapshot before = await LeakAssert.SnapshotAsync(repository.Path);
        ThrowawayWorktree tree = await ThrowawayWorktree.CreateAsync(repository.Path);
        await File.WriteAllTextAsync(Path.Combine(tree.Path, "dirty.txt"), "x");
        Assert.Single(await before.FindLeaksAsync());

        await tree.DisposeAsync();

        await before.AssertNothingLeakedAsync();
        Assert.False(Directory.Exists(tree.Path));
    }

    [IsolationFact]
    public async Task A_revision_that_is_none_leaves_nothing()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        LeakSnapshot before = await LeakAssert.SnapshotAsync(repository.Path);

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            ThrowawayWorktree.CreateAsync(repository.Path, "no-such-branch")
        );

        await before.AssertNothingLeakedAsync();
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Many_at_once_work_on_one_repository()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        LeakSnapshot before = await LeakAssert.SnapshotAsync(repository.Path);

        ThrowawayWorktree[] trees = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(_ => Task.Run(() => ThrowawayWorktree.CreateAsync(repository.Path)))
        );
        Assert.All(trees, t => Assert.True(File.Exists(Path.Combine(t.Path, "README.md"))));
        await Task.WhenAll(trees.Select(t => t.DisposeAsync().AsTask()));

        await before.AssertNothingLeakedAsync();
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_killed_process_left_is_swept_with_its_registration()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        LeakSnapshot before = await LeakAssert.SnapshotAsync(repository.Path);
        string name = "tree-" + Guid.NewGuid().ToString("n");
        string left = Path.Combine(ThrowawayFolder.Home, name);
        using (OsFileLock? alive = OsFileLock.TryAcquire(left + ".lock"))
        {
            // Alive until it is seen: a sweep of another test beside this one would remove it before.
            await repository.GitAsync(["worktree", "add", "-q", "--detach", Path.Combine(left, name)]);
            await File.WriteAllTextAsync(left + ".worktree", Path.Combine(repository.Path, ".git", "worktrees", name));
            Assert.Single(await before.FindLeaksAsync());
        }

        await using (await ThrowawayRepository.CreateAsync())
        {
            await before.AssertNothingLeakedAsync();
            Assert.False(Directory.Exists(left));
        }
    }

    [IsolationFact]
    public async Task A_note_that_names_something_else_removes_nothing()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string left = Path.Combine(ThrowawayFolder.Home, "tree-" + Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(left);
        await File.WriteAllTextAsync(left + ".worktree", Path.Combine(repository.Path, ".git"));
        await File.WriteAllTextAsync(left + ".lock", "");

        await using ThrowawayRepository next = await ThrowawayRepository.CreateAsync();

        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(Path.Combine(repository.Path, ".git")));
    }

    [IsolationFact]
    public async Task The_repositorys_hooks_do_not_run()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string hook = Path.Combine(repository.Path, ".git", "hooks", "post-checkout");
        Directory.CreateDirectory(Path.GetDirectoryName(hook)!);
        await File.WriteAllTextAsync(hook, "#!/bin/sh\ntouch \"$(git rev-parse --git-common-dir)/hook-ran\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(hook, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        await using ThrowawayWorktree tree = await ThrowawayWorktree.CreateAsync(repository.Path);

        Assert.False(File.Exists(Path.Combine(repository.Path, ".git", "hook-ran")));
    }
}
