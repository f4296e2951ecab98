using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>A special clone works, or one fault names the reason.</summary>
public sealed class SpecialCloneTests
{
    private const string Make = """
        set -e
        G="git -c protocol.file.allow=always -c init.defaultBranch=main"
        $G init -q $FORMAT up; cd up; git config uploadpack.allowFilter true; git config uploadpack.allowAnySHA1InWant true
        mkdir dir; seq 1 9 > f.txt; seq 1 30 > dir/m.txt; git add -A; git commit -qm one; sed -i 's/^27$/x/' dir/m.txt
        git commit -qam two; cd ..
        """;

    [IsolationTheory(DefaultRows = 4)]
    [InlineData("$G clone -q --filter=blob:none --no-checkout \"file://$PWD/up\" shop")]
    [InlineData("$G clone -q --depth 1 \"file://$PWD/up\" shop")]
    [InlineData("$G init -q top; cd top; $G submodule -q add ../up shop; cd ..", "top/shop")]
    [InlineData("$G clone -q up shop; git -C shop sparse-checkout set dir")]
    [InlineData("$G clone -q --shared up shop")]
    [InlineData("$G clone -q --bare up shop.git; git -C shop.git worktree add -q ../shop main", "shop.git")]
    [InlineData("$G clone -q up main; git -C main worktree add -q ../shop -b side")]
    [InlineData("$G clone -q up shop", "shop", "--object-format=sha256")]
    [InlineData("$G clone -q up shop; git -C shop config extensions.worktreeConfig true")]
    public async Task A_special_clone_has_workspaces_and_keeps_what_is_made(
        string script,
        string path = "shop",
        string format = ""
    )
    {
        await using ThrowawayRepository place = await ThrowawayRepository.CreateAsync();
        string said = await Shell.RunAsync(
            place.Root,
            Make.Replace("$FORMAT", format, StringComparison.Ordinal) + "\n" + script
        );
        Assert.DoesNotContain("\nexit ", said, StringComparison.Ordinal);
        foreach (bool clones in new[] { false, true })
        {
            string repository = Path.Combine(place.Root, path);
            string head = await ThrowawayRepository.GitInAsync(repository, ["rev-parse", "HEAD"]);
            GitRepository opened = await GitOpener.OpenAsync(repository);
            AttemptId attempt = new(clones ? "c" : "w", 1);
            await ThrowawayRepository.GitInAsync(repository, ["update-ref", AttemptNames.RefName(attempt), head, ""]);
            LeaseStore store = new(opened.CommonDirectory, opened.Reference, TimeProvider.System);
            using AttemptLease lease = store.Create(attempt);
            await using GitWorkspaceProvider provider = clones
                ? new PrivateCloneProvider(new WorkspaceOptions(), TimeProvider.System)
                : new GitWorktreeProvider(new WorkspaceOptions(), TimeProvider.System);
            IWorkspace workspace = await provider.AcquireAsync(
                new WorkspaceRequest(lease, new RepositoryRef(repository), head)
            );
            string file = Path.Combine(workspace.Info.Path, "dir", "m.txt");
            Assert.Contains("x", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, "made\n");

            Capture capture = await workspace.CaptureAsync(new PlainScope(place.Root, workspace.Info.Path));
            await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged);

            Assert.Equal("dir/m.txt", Assert.Single(capture.Files).Path);
            Assert.Equal(
                "made",
                await ThrowawayRepository.GitInAsync(repository, ["show", $"{capture.Commit}:dir/m.txt"])
            );
            Assert.False(Directory.Exists(workspace.Info.Path));
        }
    }

    [IsolationTheory]
    [InlineData("git config core.repositoryformatversion 1; git config extensions.fancy true", "'extensions.fancy'")]
    [InlineData("git config core.repositoryformatversion 1; git config extensions.other x", "'extensions.other'")]
    [InlineData("git config core.repositoryformatversion 7", "newer format")]
    public async Task What_this_git_does_not_know_is_named(string script, string named)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await Shell.RunAsync(repository.Path, script);

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() =>
            GitOpener.OpenAsync(repository.Path)
        );

        Assert.Equal(GitCodes.UnsupportedRepository, fault.Code);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Hand-made: a git that knows the format says what else is wrong with it.</summary>
    [IsolationFact]
    public async Task A_ref_table_is_named_where_git_has_none()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string known = await Shell.RunAsync(repository.Root, "git init -q --ref-format=reftable other");
        await Shell.RunAsync(
            repository.Path,
            "git config core.repositoryformatversion 1; git config extensions.refstorage reftable"
        );

        IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() =>
            GitOpener.OpenAsync(repository.Path)
        );

        Assert.Contains(known.Length > 0 ? "'extensions.refstorage'" : "", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A filter that looks for its key beside HEAD, as git-crypt does.</summary>
    [IsolationTheory]
    [InlineData("secret.key", false)]
    [InlineData("secret.key", true)]
    [InlineData("git-crypt/keys/default", null)]
    public async Task A_filter_finds_its_key_or_the_fault_says_what_it_said(string key, bool? named)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
        {
            if (named == true)
            {
                o.CopyIgnored.Add(".git/" + key);
            }
        });
        await Shell.RunAsync(
            rig.Repository.Path,
            """
            mkdir -p .git/git-crypt/keys; echo key > ".git/$1"
            printf '#!/bin/sh\ntest -f "$(git rev-parse --git-dir)/%s" || { echo "no key" >&2; exit 1; }\n' "$1" > .git/rot.sh
            echo 'exec tr a-z n-za-m' >> .git/rot.sh; chmod +x .git/rot.sh
            for f in smudge clean; do git config filter.rot.$f "$PWD/.git/rot.sh"; done
            git config filter.rot.required true
            echo 's.txt filter=rot' > .gitattributes; echo hello > s.txt; git add -A; git commit -qm secret
            """,
            key
        );
        if (named == false)
        {
            IsolationException fault = await Assert.ThrowsAsync<IsolationException>(() => rig.AcquireAsync());
            Assert.Equal(WorkspaceCodes.FilterFailed, fault.Code);
            Assert.Contains("no key", fault.Message, StringComparison.Ordinal);
            Assert.Contains("CopyIgnored", fault.Fault.Remedy, StringComparison.Ordinal);
            return;
        }

        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal("hello", File.ReadAllText(Path.Combine(workspace.Info.Path, "s.txt")).Trim());
        WorkspaceFixture.Write(workspace, "s.txt", "other\n");
        Capture capture = await rig.CaptureAsync(workspace);
        Assert.Equal("bgure", await rig.Repository.GitAsync(["show", $"{capture.Commit}:s.txt"]));
    }
}
