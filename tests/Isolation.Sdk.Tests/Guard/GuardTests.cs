using Isolation.Sdk.Git;
using Isolation.Sdk.Guard;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Guard;

public sealed class GuardTests
{
    [IsolationFact]
    public async Task A_worker_that_gave_up_before_it_was_let_in_is_suspected_of_nothing()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            guard.EnterAsync(Worker(rig, "gave-up"), new CancellationToken(canceled: true))
        );
        await guard.EnterAsync(Worker(rig, "ran"), CancellationToken.None);
        await rig.GitAsync("tag", "v1");

        GuardFinding finding = Assert.Single(await guard.LeaveAsync(new AttemptId("ran", 1), CancellationToken.None));
        Assert.Equal("refs/tags/v1", finding.What);
        Assert.Equal([new AttemptId("ran", 1)], finding.Authors);
    }

    [IsolationFact]
    public async Task Many_who_come_and_go_at_once_share_looks_and_miss_nothing()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);
        string[] items = [.. Enumerable.Range(1, 16).Select(i => $"item-{i}")];

        await Task.WhenAll(items.Select(i => Task.Run(() => guard.EnterAsync(Worker(rig, i), CancellationToken.None))));
        await rig.GitAsync("tag", "v1");
        IReadOnlyList<GuardFinding>[] found = await Task.WhenAll(
            items.Select(i => Task.Run(() => guard.LeaveAsync(new AttemptId(i, 1), CancellationToken.None)))
        );

        Assert.All(found, f => Assert.Equal("refs/tags/v1", Assert.Single(f).What));
        Assert.All(found, f => Assert.Equal(16, Assert.Single(f).Authors.Count));
    }

    [IsolationFact]
    public async Task What_git_does_to_its_own_files_is_no_finding()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("tag", "v1");
        await rig.GitAsync("branch", "idle");
        using ContaminationGuard guard = await GuardAsync(rig, restores: true);
        await guard.EnterAsync(Worker(rig, "a"), CancellationToken.None);

        await rig.GitAsync("pack-refs", "--all");
        await rig.GitAsync("gc", "-q");
        await rig.GitAsync("repack", "-q", "-a", "-d");
        await rig.GitAsync("fetch", "-q", ".", "+refs/heads/idle:refs/remotes/origin/idle");
        Task<IReadOnlyList<GuardFinding>> leaves = LeaveWhileGitLocksAsync();

        Assert.Empty(await leaves);

        async Task<IReadOnlyList<GuardFinding>> LeaveWhileGitLocksAsync()
        {
            // Gone again before anyone could call it left behind.
            string held = Path.Combine(rig.Repository.Path, ".git", "config.lock");
            await File.WriteAllTextAsync(held, "");
            Task<IReadOnlyList<GuardFinding>> found = guard.LeaveAsync(new AttemptId("a", 1), CancellationToken.None);
            File.Delete(held);
            return await found;
        }
    }

    [IsolationFact]
    public async Task A_ref_whose_packed_value_is_overwritten_is_found_although_its_file_looks_as_before()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string packed = Path.Combine(rig.Repository.Path, ".git", "packed-refs"),
            other = await rig.Repository.CommitAsync("Other", new Dictionary<string, string> { ["other.txt"] = "x" });
        await rig.GitAsync("branch", "idle", "HEAD~");
        await rig.GitAsync("pack-refs", "--all");
        using ContaminationGuard guard = await GuardAsync(rig, restores: true);
        await guard.EnterAsync(Worker(rig, "a"), CancellationToken.None);

        DateTime written = File.GetLastWriteTimeUtc(packed);
        string was = await rig.GitAsync("rev-parse", "idle");
        await File.WriteAllTextAsync(
            packed,
            (await File.ReadAllTextAsync(packed)).Replace(
                $"{was} refs/heads/idle",
                $"{other} refs/heads/idle",
                StringComparison.Ordinal
            )
        );
        File.SetLastWriteTimeUtc(packed, written);

        GuardFinding finding = Assert.Single(await guard.LeaveAsync(new AttemptId("a", 1), CancellationToken.None));
        Assert.Equal(new SharedStateChange("refs/heads/idle", was, other), finding.Change);
        Assert.Equal("put back", finding.Restored);
        Assert.Equal(was, await rig.GitAsync("rev-parse", "idle"));
    }

    [IsolationTheory]
    [InlineData("user.email", "x@example.org", false)] // pinned by the worker's environment
    [InlineData("core.hooksPath", ".husky/_", false)] // pinned, too
    [InlineData("branch.main.vscode-merge-base", "origin/main", false)]
    [InlineData("credential.https://github.com.helper", "!gh auth git-credential", false)]
    [InlineData("remote.origin.url", "/elsewhere", false)]
    [InlineData("filter.lfs.clean", "git-lfs clean -- %f", false)]
    [InlineData("extensions.worktreeConfig", "true", false)]
    [InlineData("submodule.lib.active", "true", false)]
    [InlineData("gitbutler.storagePath", "x", false)]
    [InlineData("user.signingKey", "x", true)]
    [InlineData("filter.lfs.clean", "cat", true)]
    [InlineData("filter.x.clean", "cat", true)]
    [InlineData("core.autocrlf", "input", true)]
    [InlineData("diff.external", "cat", true)]
    [InlineData("include.path", "other", true)]
    [InlineData("url.x.insteadOf", "y", true)]
    [InlineData("submodule.lib.update", "!x", true)]
    public async Task A_setting_holds_those_whose_work_it_can_change_and_a_finding_names_key_and_value(
        string key,
        string value,
        bool holds
    )
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);
        foreach (string item in new[] { "a", "b" })
        {
            await guard.EnterAsync(Worker(rig, item, "core.hookspath", "user.email"), CancellationToken.None);
        }

        await rig.GitAsync("config", key, value);

        GuardFinding finding = Assert.Single(await guard.LeaveAsync(new AttemptId("a", 1), CancellationToken.None));
        Assert.Equal((holds, true), (finding.Holds(new AttemptId("a", 1)), finding.IsVictim(new AttemptId("a", 1))));
        Assert.StartsWith($"config {key} was set to '{value}'", finding.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(!holds, finding.ToString().EndsWith("; no attempt is held for it", StringComparison.Ordinal));
    }

    [IsolationFact]
    public async Task A_finding_masks_what_is_secret()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);
        await guard.EnterAsync(Worker(rig, "a"), CancellationToken.None);

        await rig.GitAsync("config", "http.https://x.example.extraHeader", "AUTHORIZATION: basic hunter2");
        await rig.GitAsync("config", "remote.origin.url", "https://me:hunter2@x.example/r.git");

        string found = string.Join('\n', await guard.LeaveAsync(new AttemptId("a", 1), CancellationToken.None));
        Assert.DoesNotContain("hunter2", found, StringComparison.Ordinal);
        Assert.Contains("'https://***@x.example/r.git'", found, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task Refs_that_the_host_knows_as_its_tools_are_not_looked_at()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig, ignored: ["refs/mine/", "refs/heads/bot-"]);
        await guard.EnterAsync(Worker(rig, "a"), CancellationToken.None);

        await rig.GitAsync("update-ref", "refs/mine/x", "HEAD");
        await rig.GitAsync("branch", "bot-1");
        await rig.GitAsync("pack-refs", "--all");

        Assert.Empty(await guard.LeaveAsync(new AttemptId("a", 1), CancellationToken.None));
        Assert.Equal(
            "ISO0919",
            Assert
                .Throws<IsolationConfigurationException>(() =>
                    rig.Compose().RunWith((_, _) => Task.CompletedTask).Guard(o => o.IgnoredRefs.Add("main")).Build()
                )
                .Faults[0]
                .Code
        );
    }

    [IsolationTheory]
    [InlineData("a link instead")]
    [InlineData("gone")]
    [InlineData("another repository's")]
    public async Task What_became_of_a_workers_folder_is_held_against_its_work_and_names_all_who_ran(string deed)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        using ContaminationGuard guard = await GuardAsync(rig);
        MonitoredWorker victim = Worker(rig, "victim");
        Directory.CreateDirectory(victim.Workspace.Path);
        string pointer = Path.Combine(victim.Workspace.Path, ".git");
        await File.WriteAllTextAsync(pointer, $"gitdir: {victim.Workspace.GitDirectory}\n");
        await guard.EnterAsync(victim, CancellationToken.None);
        await guard.EnterAsync(Worker(rig, "other"), CancellationToken.None);

        if (deed == "another repository's")
        {
            await File.WriteAllTextAsync(pointer, "gitdir: /elsewhere\n");
        }
        else
        {
            Directory.Move(victim.Workspace.Path, victim.Workspace.Path + ".away");
        }

        if (deed == "a link instead")
        {
            Directory.CreateSymbolicLink(victim.Workspace.Path, victim.Workspace.Path + ".away");
        }

        Assert.Empty(await guard.LeaveAsync(new AttemptId("other", 1), CancellationToken.None));
        IReadOnlyList<GuardFinding> found = await guard.LeaveAsync(victim.Attempt, CancellationToken.None);
        Assert.StartsWith(victim.Workspace.Path, found[0].What, StringComparison.Ordinal);
        Assert.All(found, f => Assert.Equal([victim.Attempt, new AttemptId("other", 1)], f.Authors));
    }

    private static async Task<ContaminationGuard> GuardAsync(
        PipelineFixture rig,
        bool restores = false,
        params string[] ignored
    )
    {
        GitRepository repository = await GitOpener.OpenAsync(rig.Repository.Path);
        LeaseStore leases = new(repository.CommonDirectory, repository.Reference, TimeProvider.System);
        GuardOptions options = new() { Restore = restores };
        foreach (string name in ignored)
        {
            options.IgnoredRefs.Add(name);
        }

        return new ContaminationGuard(
            repository,
            leases.List,
            WorkersDirectory.Beside(repository.CommonDirectory),
            $"refs/heads/{PipelineFixture.Target}",
            options,
            TimeProvider.System
        );
    }

    private static MonitoredWorker Worker(PipelineFixture rig, string item, params string[] pinned) =>
        new(
            new AttemptId(item, 1),
            new WorkspaceInfo(
                Path.Combine(rig.Workers, item),
                Path.Combine(rig.Repository.Path, ".git", "worktrees", item),
                $"isolation/{item}/1/work",
                new string('0', 40)
            ),
            pinned
        );
}
