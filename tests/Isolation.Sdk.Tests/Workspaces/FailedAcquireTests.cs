using System.Diagnostics;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Whatever is wrong: one clear code, and everything as it was.</summary>
public class FailedAcquireTests
{
    [IsolationTheory(DefaultRows = 1)]
    [InlineData("isolation/a", "ISO0302")]
    [InlineData("isolation/a/1/work", "ISO0302")]
    [InlineData("isolation/a/1/work" + "/deeper", "ISO0302")]
    [InlineData("isolation", "ISO0302")]
    [InlineData("Isolation/A/1/Work", "ISO0302")]
    [InlineData("isolation/A", "ISO0302")]
    [InlineData("ISOLATION/a/1/WORK/deeper", "ISO0302")]
    public async Task A_branch_in_the_way_is_found_before_anything_is_made(string existing, string code)
    {
        foreach (bool packed in new[] { false, true })
        {
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
            await rig.Repository.GitAsync(["branch", existing]);
            if (packed)
            {
                await rig.Repository.GitAsync(["pack-refs", "--all"]);
            }

            await FailsAsync(rig, await rig.RequestAsync(), code);
        }
    }

    [IsolationTheory]
    [InlineData("main")]
    [InlineData("HEAD")]
    [InlineData("0123456789012345678901234567890123456789")]
    [InlineData("-x")]
    [InlineData("")]
    public async Task A_base_that_is_no_commit_here_is_refused(string commit)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        WorkspaceRequest request = await rig.RequestAsync();
        IsolationException fault = await FailsAsync(rig, request with { BaseCommit = commit }, "ISO0206");
        Assert.Equal(Stage.Workspace, fault.Stage);
    }

    [IsolationFact]
    public async Task A_base_that_is_a_tree_is_refused()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        WorkspaceRequest request = await rig.RequestAsync();
        string tree = await rig.Repository.GitAsync(["rev-parse", "HEAD^{tree}"]);
        await rig.Repository.GitAsync(["update-ref", "refs/isolation/attempts/a/1", tree]);
        await FailsAsync(rig, request with { BaseCommit = tree }, "ISO0206");
    }

    [IsolationFact]
    public async Task An_attempt_that_was_never_issued_gets_no_workspace()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        WorkspaceRequest request = await rig.RequestAsync();
        await rig.Repository.GitAsync(["update-ref", "-d", "refs/isolation/attempts/a/1"]);
        await FailsAsync(rig, request, "ISO0305");
    }

    [IsolationTheory]
    [InlineData("work/../{item}")]
    [InlineData("-{item}")]
    [InlineData("{item}.lock")]
    [InlineData("with space/{item}")]
    [InlineData("{item}@{1}")]
    [InlineData("no-item")]
    [InlineData("")]
    public async Task A_template_that_gives_no_valid_branch_is_refused(string template)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.BranchTemplate = template);
        await FailsAsync(rig, await rig.RequestAsync(), "ISO0303");
    }

    [IsolationFact]
    public async Task A_workers_folder_that_cannot_be_made_is_an_error_and_never_another_folder()
    {
        foreach (string root in new[] { "/proc/isolation/workers", "/dev/null/workers" })
        {
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(workers: new WorkersDirectory(root));
            await FailsAsync(rig, await rig.RequestAsync(), "ISO0301");
        }
    }

    [IsolationFact]
    public async Task A_workers_folder_inside_the_repository_is_refused()
    {
        await using WorkspaceFixture outer = await WorkspaceFixture.CreateAsync();
        await using GitWorktreeProvider provider = new(
            new WorkspaceOptions(),
            TimeProvider.System,
            new WorkersDirectory(Path.Combine(outer.Repository.Path, ".workers"))
        );
        await FailsAsync(outer, await outer.RequestAsync(), "ISO0312", provider);
    }

    [IsolationTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Files_in_lfs_without_lfs_are_an_error_and_never_pointers(bool configured)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.Repository.CommitAsync(
            "Large",
            new Dictionary<string, string>
            {
                ["assets/.gitattributes"] = "*.bin filter=lfs diff=lfs merge=lfs -text\n",
                ["assets/a.bin"] = "content\n",
            }
        );
        GitRepository opened = await GitOpener.OpenAsync(rig.Repository.Path);
        KeyValuePair<string, string>[] config = configured
            ? [new("filter.lfs.smudge", "not-git-lfs smudge %f"), new("filter.lfs.process", "not-git-lfs process")]
            : [];
        Dictionary<string, string> host = new() { ["PATH"] = Environment.GetEnvironmentVariable("PATH")! };
        await using GitWorktreeProvider provider = new(
            new WorkspaceOptions(),
            TimeProvider.System,
            null,
            new GitRepositoryCache(opened: opened with { Client = new GitClient(new GitEnvironment(host, config, [])) })
        );
        await FailsAsync(rig, await rig.RequestAsync(), "ISO0306", provider);
    }

    [IsolationFact]
    public async Task A_shared_path_that_does_not_exist_or_leads_out_is_an_error()
    {
        await using (
            WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.AddSymbolicLink("models", "not-there"))
        )
        {
            await FailsAsync(rig, await rig.RequestAsync(), "ISO0309");
        }

        await using (
            WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.AddSymbolicLink("../models", "."))
        )
        {
            await FailsAsync(rig, await rig.RequestAsync(), "ISO0310");
        }
    }

    [IsolationFact]
    public async Task A_cancelled_acquire_leaves_nothing()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.AddSymbolicLink("models", "not-there")
        );
        using CancellationTokenSource cancel = new();
        WorkspaceRequest request = await rig.RequestAsync();
        string before = await rig.SnapshotAsync();
        CancellingLease lease = new(request.Lease, WorkspaceNotes.GitDirectory, cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await rig.Provider.AcquireAsync(request with { Lease = lease }, cancel.Token)
        );
        Assert.Equal(before, await rig.SnapshotAsync());
    }

    [IsolationFact(Tools.Root, Tools.Tmpfs)]
    public async Task A_full_disk_is_an_error_and_everything_is_rolled_back()
    {
        string mount = Directory.CreateTempSubdirectory("isolation-small-").FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=256k", "isolation-test", mount);
        try
        {
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(
                workers: new WorkersDirectory(Path.Combine(mount, "workers"))
            );
            await rig.Repository.CommitAsync(
                "Large",
                new Dictionary<string, string> { ["large"] = new string('x', 1_000_000) }
            );
            IsolationException fault = await FailsAsync(rig, await rig.RequestAsync(), "ISO0311");
            Assert.Contains("space", fault.Message);
            Assert.Empty(Directory.EnumerateFileSystemEntries(mount));
        }
        finally
        {
            await RunAsync("umount", "-l", mount);
            Directory.Delete(mount);
        }
    }

    private static async Task<IsolationException> FailsAsync(
        WorkspaceFixture rig,
        WorkspaceRequest request,
        string code,
        GitWorktreeProvider? provider = null
    )
    {
        string before = await rig.SnapshotAsync();
        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(async () =>
            await (provider ?? rig.Provider).AcquireAsync(request)
        );
        Assert.Equal(code, fault.Code);
        Assert.NotEmpty(fault.Fault.Remedy);
        Assert.Equal(request.Lease.Attempt, fault.Attempt);
        Assert.Equal(before, await rig.SnapshotAsync());
        return fault;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private sealed class CancellingLease(IAttemptLease inner, string at, CancellationTokenSource cancel) : IAttemptLease
    {
        public AttemptId Attempt => inner.Attempt;

        public CancellationToken Lost => inner.Lost;

        public async ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken = default)
        {
            await inner.NoteAsync(key, value, cancellationToken);
            if (key == at)
            {
                await cancel.CancelAsync();
            }
        }
    }
}
