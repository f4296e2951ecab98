using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces.Clones;

/// <summary>Everything that works in a repository works in a private clone, and moves nothing outside of it.</summary>
public sealed class CloneInsideTests
{
    [IsolationTheory("sed", DefaultRows = 1)]
    [InlineData("rebase -i")]
    [InlineData("cherry-pick")]
    [InlineData("stash")]
    [InlineData("tag")]
    [InlineData("notes")]
    [InlineData("branch -d")]
    [InlineData("gc")]
    [InlineData("worktree add")]
    [InlineData("log and blame")]
    [InlineData("config, hooks and exclude")]
    public async Task It_works_inside_and_nothing_outside_moves(string what)
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        await rig.Repository.CommitAsync("Second", new Dictionary<string, string> { ["second.txt"] = "2\n" });
        IWorkspace workspace = await rig.AcquireAsync();
        string shared = await rig.SharedAsync();
        await CloneFixture.CommitAsync(workspace, "one.txt", "1\n");
        await CloneFixture.CommitAsync(workspace, "two.txt", "2\n");
        await DoAsync(workspace, what);

        Assert.Equal(shared, await rig.SharedAsync());
        await WorkspaceFixture.GitAsync(workspace, "fsck", "--no-dangling");
        WorkspaceFixture.Write(workspace, "left.txt", "left\n");
        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Empty(capture.Tampering);
        Assert.Contains("left.txt", capture.Files.Select(f => f.Path));
        Assert.Contains("two.txt", capture.Files.Select(f => f.Path));
        Assert.Equal(capture.Commit, await rig.GitAsync("rev-parse", capture.Source));
        Assert.Equal(shared, await rig.SharedAsync());
        await workspace.DisposeAsync();
        Assert.False(Directory.Exists(workspace.Info.Path), "captured, and kept all the same");
        await rig.GitAsync("fsck", "--no-dangling");
    }

    private static async Task DoAsync(IWorkspace workspace, string what)
    {
        Task<string> Git(params string[] arguments) => WorkspaceFixture.GitAsync(workspace, arguments);
        switch (what)
        {
            case "rebase -i":
                await Git("-c", "sequence.editor=sed -i -e '1{h;d};2{G}'", "rebase", "-i", "HEAD~2");
                Assert.Equal("Write one.txt\nWrite two.txt", await Git("log", "-2", "--format=%s"));
                break;
            case "cherry-pick":
                await Git("checkout", "-q", "-b", "side", "HEAD~1");
                await Git("cherry-pick", workspace.Info.Branch!);
                Assert.Equal("2", await Git("show", "HEAD:two.txt"));
                break;
            case "stash":
                WorkspaceFixture.Write(workspace, "one.txt", "stashed\n");
                await Git("stash", "push", "-q");
                Assert.Equal("1", await Git("show", ":one.txt"));
                await Git("stash", "pop", "-q");
                Assert.Equal("stashed\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "one.txt")));
                break;
            case "tag":
                await Git("tag", "-am", "v", "v1");
                Assert.Equal("v1", await Git("describe"));
                await Git("tag", "-d", "v1");
                break;
            case "notes":
                await Git("notes", "add", "-m", "noted", workspace.Info.BaseCommit);
                Assert.Equal("noted", await Git("notes", "show", workspace.Info.BaseCommit));
                break;
            case "branch -d":
                await Git("branch", "gone");
                await Git("pack-refs", "--all");
                await Git("branch", "-d", "gone");
                Assert.Equal(workspace.Info.Branch, await Git("branch", "--format=%(refname:short)"));
                break;
            case "gc":
                await Git("gc", "--prune=now", "--quiet");
                Assert.Equal("3", (await Git("rev-list", "--count", "HEAD~1")).Trim());
                break;
            case "worktree add":
                string tree = Path.Combine(workspace.Info.Path, "..", "beside");
                await Git("worktree", "add", "-q", "-b", "beside", tree);
                Assert.Equal("2\n", File.ReadAllText(Path.Combine(tree, "two.txt")));
                await Git("worktree", "remove", tree);
                break;
            case "log and blame":
                Assert.Equal("Write two.txt\nWrite one.txt\nSecond", await Git("log", "-3", "--format=%s"));
                Assert.Contains("2", await Git("blame", "second.txt"));
                break;
            default:
                await Git("config", "user.email", "mine@example.org");
                await Git("config", "alias.x", "status");
                Directory.CreateDirectory(Path.Combine(workspace.Info.GitDirectory, "hooks"));
                File.WriteAllText(Path.Combine(workspace.Info.GitDirectory, "hooks", "post-commit"), "#!/bin/sh\n");
                File.AppendAllText(Path.Combine(workspace.Info.GitDirectory, "info", "exclude"), "*.mine\n");
                break;
        }
    }

    [IsolationTheory(Tier = Tier.Ci)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submodules_are_updated_from_where_the_repository_would_get_them(bool relative)
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        string inner = Path.Combine(rig.Repository.Root, "inner");
        await ThrowawayRepository.GitInAsync(
            rig.Repository.Root,
            ["clone", "-q", "--bare", rig.Repository.Path, inner]
        );
        await rig.GitAsync("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "sub");
        if (relative)
        {
            File.WriteAllText(
                Path.Combine(rig.Path, ".gitmodules"),
                "[submodule \"sub\"]\n\tpath = sub\n\turl = ../inner\n"
            );
            await rig.GitAsync("config", "--remove-section", "submodule.sub");
            await rig.GitAsync("add", ".gitmodules");
        }

        await rig.GitAsync("commit", "-qm", "Submodule");
        IWorkspace workspace = await rig.AcquireAsync();

        await WorkspaceFixture.GitAsync(
            workspace,
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "update",
            "--init"
        );

        Assert.True(File.Exists(Path.Combine(workspace.Info.Path, "sub", "README.md")));
        Assert.True((await rig.CaptureAsync(workspace)).IsEmpty);
        await workspace.DisposeAsync();
        Assert.False(Directory.Exists(workspace.Info.Path));
    }

    [IsolationFact("git-lfs")]
    public async Task Large_files_arrive_as_copies_go_back_checked_and_are_pruned_alone()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        await rig.GitAsync("lfs", "install", "--local");
        await rig.Repository.CommitAsync(
            "Large",
            new Dictionary<string, string>
            {
                [".gitattributes"] = "*.bin filter=lfs diff=lfs merge=lfs -text\n",
                ["a.bin"] = "content\n",
            }
        );
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("content\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "a.bin")));
        string mine = Assert.Single(LargeFiles(workspace.Info.GitDirectory)),
            shared = Assert.Single(LargeFiles(rig.GitDirectory));

        await CloneFixture.CommitAsync(workspace, "b.bin", "new\n");
        File.WriteAllText(mine, "tampered"); // With a hard link it would be the repository's, too.
        Capture capture = await rig.CaptureAsync(workspace);

        Assert.Equal("content\n", File.ReadAllText(shared));
        Assert.Equal(2, LargeFiles(rig.GitDirectory).Length);
        await rig.GitAsync("update-ref", "refs/heads/back", capture.Commit);
        await rig.GitAsync("checkout", "-q", "back");
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(rig.Path, "b.bin")));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(false, "")]
    [InlineData(true, "https://example.org/shop.git")]
    public async Task There_is_no_remote_unless_asked_for_and_never_a_credential(bool keep, string expected)
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync(o => o.KeepOrigin = keep);
        await rig.GitAsync("remote", "add", "origin", "https://someone:secret@example.org/shop.git");
        await rig.GitAsync("config", "submodule.x.url", "ssh://git:secret@example.org/x");
        IWorkspace workspace = await rig.AcquireAsync();

        string config = File.ReadAllText(Path.Combine(workspace.Info.GitDirectory, "config"));

        Assert.DoesNotContain("secret", config, StringComparison.Ordinal);
        Assert.Contains("ssh://git@example.org/x", config, StringComparison.Ordinal);
        Assert.Equal(
            expected,
            keep
                ? await WorkspaceFixture.GitAsync(workspace, "remote", "get-url", "origin")
                : await WorkspaceFixture.GitAsync(workspace, "remote")
        );
    }

    [IsolationFact]
    public async Task Settings_that_decide_how_files_look_come_along_and_those_that_run_do_not()
    {
        await using CloneFixture rig = await CloneFixture.CreateAsync();
        await rig.GitAsync("config", "core.autocrlf", "true");
        await rig.GitAsync("config", "filter.odd \"name\\.clean", "sed 's/\"a\\\\b\"/x/' \t# y");
        await rig.GitAsync("config", "alias.pwn", "!touch pwned");
        await rig.GitAsync("config", "core.fsmonitor", "/bin/false");
        await rig.GitAsync("config", "core.sshCommand", "false");
        Directory.CreateDirectory(Path.Combine(rig.GitDirectory, "info"));
        File.WriteAllText(Path.Combine(rig.GitDirectory, "info", "exclude"), "*.secret\n");
        IWorkspace workspace = await rig.AcquireAsync();

        Assert.Contains("\r\n", File.ReadAllText(Path.Combine(workspace.Info.Path, "README.md")));
        Assert.Equal(
            await rig.GitAsync("config", "filter.odd \"name\\.clean"),
            await WorkspaceFixture.GitAsync(workspace, "config", "filter.odd \"name\\.clean")
        );
        string[] keys = (
            await WorkspaceFixture.GitAsync(workspace, "config", "--local", "--name-only", "--list")
        ).Split('\n');
        Assert.DoesNotContain(keys, k =>
            k.StartsWith("alias.", StringComparison.Ordinal) || k is "core.fsmonitor" or "core.sshcommand"
        );
        WorkspaceFixture.Write(workspace, "a.secret", "s");
        Assert.True((await rig.CaptureAsync(workspace)).IsEmpty);
    }

    private static string[] LargeFiles(string gitDirectory) =>
        Directory.GetFiles(Path.Combine(gitDirectory, "lfs", "objects"), "*", SearchOption.AllDirectories);
}
