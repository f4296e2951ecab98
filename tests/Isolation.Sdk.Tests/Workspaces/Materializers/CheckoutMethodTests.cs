using System.Diagnostics;
using System.Runtime.Versioning;
using Isolation.Sdk.IO;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

[SupportedOSPlatform("linux")]
public class CheckoutMethodTests
{
    [IsolationFact(Tools.Linux)]
    public async Task A_copied_workspace_is_what_git_would_have_checked_out()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await AddOfEverythingAsync(rig);
        IWorkspace copied = await rig.AcquireAsync("copied");
        IWorkspace again = await rig.AcquireAsync("again");

        Assert.Equal((CheckoutMethod.Copy, CheckoutMethod.Copy), (copied.Info.CheckedOutBy, again.Info.CheckedOutBy));
        await SameAsGitAsync(rig, copied);
        await SameAsGitAsync(rig, again);
        Assert.Equal("", await WorkspaceFixture.GitAsync(copied, "fsck", "--strict"));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Git_reads_no_file_of_a_copied_workspace_to_know_that_it_is_clean()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await AddOfEverythingAsync(rig);
        IWorkspace workspace = await rig.AcquireAsync();

        string[] files = [.. Directory.EnumerateFiles(workspace.Info.Path, "*.txt", SearchOption.AllDirectories)];
        DateTime[] read = [.. files.Select(File.GetLastAccessTimeUtc)];
        string status = await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain");

        // A file's first reading moves its time of access, whatever the mount option but noatime; by git's rule, it
        // reads what is not older than the index.
        Assert.Equal("", status);
        Assert.Equal(read, files.Select(File.GetLastAccessTimeUtc));
        DateTime index = File.GetLastWriteTimeUtc(Path.Combine(workspace.Info.GitDirectory, "index"));
        Assert.All(files, f => Assert.True(index - File.GetLastWriteTimeUtc(f) > TimeSpan.FromSeconds(1), f));
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_change_of_the_same_size_in_the_same_second_is_seen()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        IWorkspace workspace = await rig.AcquireAsync();
        string file = Directory.GetFiles(workspace.Info.Path).First(f => Path.GetFileName(f) != ".git");
        byte[] content = File.ReadAllBytes(file);
        content[0] ^= 1;
        File.WriteAllBytes(file, content);

        Assert.Equal(Path.GetFileName(file), await WorkspaceFixture.GitAsync(workspace, "diff-files", "--name-only"));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task The_first_workspace_is_checked_out_and_the_next_ones_are_copied()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await AddManyAsync(rig, 600);
        IWorkspace first = await rig.AcquireAsync("first");
        await rig.Provider.SettleTemplatesAsync();
        IWorkspace second = await rig.AcquireAsync("second");

        Assert.Equal(CheckoutMethod.Checkout, first.Info.CheckedOutBy);
        Assert.NotEqual(CheckoutMethod.Checkout, second.Info.CheckedOutBy);
        await SameAsGitAsync(rig, second);
        Assert.Single(Trees(rig));
    }

    [IsolationFact]
    public async Task A_small_base_needs_no_pristine_tree()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.AcquireAsync("first");
        await rig.Provider.SettleTemplatesAsync();

        Assert.Equal(CheckoutMethod.Checkout, (await rig.AcquireAsync("second")).Info.CheckedOutBy);
        Assert.Empty(Trees(rig));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_tree_follows_its_base_by_what_differs()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await AddManyAsync(rig, 60);
        await rig.AcquireAsync("before");
        string tree = Trees(rig).Single(),
            kept = Path.Combine(tree, "files", "many", "7.txt");
        DateTime born = File.GetCreationTimeUtc(kept);
        await rig.Repository.GitAsync(["mv", "many/3.txt", "moved.txt"]);
        await rig.Repository.GitAsync(["rm", "-q", "many/4.txt"]);
        await rig.Repository.CommitAsync(
            "Next",
            new Dictionary<string, string> { ["many/5.txt"] = "other\n", ["deep/er/new.txt"] = "new\n" }
        );
        IWorkspace after = await rig.AcquireAsync("after");

        Assert.Equal(tree, Trees(rig).Single());
        Assert.Equal(born, File.GetCreationTimeUtc(kept));
        Assert.Equal(CheckoutMethod.Copy, after.Info.CheckedOutBy);
        await SameAsGitAsync(rig, after);
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task There_are_no_more_trees_than_wished_and_the_least_recently_used_goes()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            (o.CheckoutMethod, o.MaxTemplateTrees) = (CheckoutMethod.Copy, 2)
        );
        List<string> bases = [];
        for (int i = 0; i < 3; i++)
        {
            await rig.Repository.GitAsync(["rm", "-rqf", "--ignore-unmatch", "many"]);
            bases.Add(await AddManyAsync(rig, 40, $"{i} "));
            await rig.AcquireAsync($"at-{i}");
        }

        Assert.Equal(bases[1..].Order(), Trees(rig).Select(CommitOf).Order());
    }

    [IsolationFact(Tools.Linux)]
    public async Task Two_hosts_share_the_trees()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await rig.AcquireAsync("mine");
        await using GitWorktreeProvider other = new(rig.Options, TimeProvider.System);
        IWorkspace theirs = await rig.AcquireAsync("theirs", provider: other);

        Assert.Single(Trees(rig));
        await SameAsGitAsync(rig, theirs);
    }

    [IsolationFact(Tools.Linux)]
    public async Task Other_settings_make_another_tree()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await rig.Repository.CommitAsync(
            "Text",
            new Dictionary<string, string> { [".gitattributes"] = "*.txt text=auto\n", ["ends.txt"] = "one\ntwo\n" }
        );
        IWorkspace unix = await rig.AcquireAsync("unix");
        await rig.Repository.GitAsync(["config", "core.eol", "crlf"]);
        IWorkspace dos = await rig.AcquireAsync("dos");

        Assert.Equal("one\ntwo\n", File.ReadAllText(Path.Combine(unix.Info.Path, "ends.txt")));
        Assert.Equal("one\r\ntwo\r\n", File.ReadAllText(Path.Combine(dos.Info.Path, "ends.txt")));
        Assert.Equal(CheckoutMethod.Copy, dos.Info.CheckedOutBy);
        Assert.Equal("", await WorkspaceFixture.GitAsync(dos, "status", "--porcelain"));
    }

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData("*.bin filter=shout\n", false)]
    [InlineData("[attr]loud filter=shout\n*.bin loud\n", false)]
    [InlineData("*.bin filter=lfs-like\n*.txt filter=whisper -filter filter\n", true)]
    [InlineData("*.txt ident\n*.txt eol=crlf\n*.c working-tree-encoding=UTF-16\n", true)]
    public async Task Programs_that_filter_run_each_time_and_what_git_itself_converts_is_copied(
        string attributes,
        bool copies
    )
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await rig.Repository.GitAsync(["config", "filter.shout.smudge", "tr a-z A-Z"]);
        await rig.Repository.GitAsync(["config", "filter.shout.clean", "tr A-Z a-z"]);
        await rig.Repository.CommitAsync(
            "Filtered",
            new Dictionary<string, string>
            {
                ["a.txt"] = "$Id$\nline\n",
                ["a.c"] = "int\n",
                ["a.bin"] = "loud\n",
            }
        );
        File.WriteAllText(Path.Combine(rig.Repository.Path, ".gitattributes"), attributes);
        await rig.Repository.GitAsync(["add", ".gitattributes"]);
        await rig.Repository.GitAsync(["commit", "-qm", "Attributes"]);
        IWorkspace workspace = await rig.AcquireAsync();
        IWorkspace second = await rig.AcquireAsync("b");

        Assert.Equal(copies ? CheckoutMethod.Copy : CheckoutMethod.Checkout, second.Info.CheckedOutBy);
        await SameAsGitAsync(rig, workspace);
        await SameAsGitAsync(rig, second);
        Assert.Equal(copies ? "loud\n" : "LOUD\n", File.ReadAllText(Path.Combine(second.Info.Path, "a.bin")));
    }

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData("[filter \"shout\"]\n\tsmudge = tr a-z A-Z\n", "shout", false)]
    [InlineData("[filter \"shout\"]\n\tsmudge = tr a-z A-Z\n", "whisper", true)]
    [InlineData("[FILTER.shout] smudge = tr a-z A-Z\n", "shout", false)]
    [InlineData("[filter \"sho\\ut\"]\n\tsmudge = tr a-z A-Z\n", "shout", false)]
    [InlineData("[user] name = a\n[filter \"a]b\"] smudge = tr a-z A-Z\n", "a]b", false)]
    [InlineData("[core][include] path = nowhere\n", "whisper", false)]
    [InlineData("[core \"x]\"][core] attributesFile = /dev/null\n", "whisper", false)]
    [InlineData("[filter \"a\u00a0b\"] smudge = cat\n", "a\u00a0b", false)]
    [InlineData("[branch \"worktree\"]\n\tremote = worktree\n", "whisper", true)]
    [InlineData("", "lfs", false)]
    [InlineData("", "shout", true)]
    public async Task A_filter_counts_by_what_git_makes_of_the_settings(string config, string named, bool copies)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await rig.Repository.CommitAsync(
            "Filtered",
            new Dictionary<string, string> { [".gitattributes"] = $"*.bin filter={named}\n", ["a.txt"] = "one\n" }
        );
        await File.AppendAllTextAsync(Path.Combine(rig.Repository.Path, ".git", "config"), config);

        List<string> steps = [];
        await using GitWorktreeProvider provider = new(
            new WorkspaceOptions { CheckoutMethod = CheckoutMethod.Copy },
            TimeProvider.System,
            null
        )
        {
            Faults = new FaultPoints(steps.Add),
        };
        IWorkspace workspace = await rig.AcquireAsync("a", provider: provider);

        Assert.Equal(copies ? CheckoutMethod.Copy : CheckoutMethod.Checkout, workspace.Info.CheckedOutBy);
        Assert.Equal(copies, steps.Contains(nameof(WorkspaceStep.TreeBegun)));
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(CheckoutMethod.Auto)]
    [InlineData(CheckoutMethod.Copy)]
    public async Task A_tree_does_not_go_to_a_base_where_other_attributes_hold(CheckoutMethod filling)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o => o.CheckoutMethod = filling);
        await AddManyAsync(rig, 600);
        await rig.Repository.CommitAsync("Text", new Dictionary<string, string> { ["ends.txt"] = "one\ntwo\n" });
        await rig.AcquireAsync("before");
        await rig.Provider.SettleTemplatesAsync();
        Assert.Single(Trees(rig));
        await rig.Repository.CommitAsync(
            "Attributes",
            new Dictionary<string, string> { [".gitattributes"] = "*.txt text eol=crlf\n" }
        );
        IWorkspace after = await rig.AcquireAsync("after");

        Assert.Equal("one\r\ntwo\r\n", File.ReadAllText(Path.Combine(after.Info.Path, "ends.txt")));
        Assert.Equal(
            filling == CheckoutMethod.Auto ? CheckoutMethod.Checkout : CheckoutMethod.Copy,
            after.Info.CheckedOutBy
        );
        await SameAsGitAsync(rig, after);
    }

    [IsolationFact(Tools.Linux)]
    public async Task Attributes_that_are_a_link_name_what_they_lead_to()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await rig.Repository.GitAsync(["config", "filter.shout.smudge", "tr a-z A-Z"]);
        await rig.Repository.CommitAsync("Text", new Dictionary<string, string> { ["a.txt"] = "loud\n" });
        File.CreateSymbolicLink(Path.Combine(rig.Repository.Path, ".gitattributes"), "*.txt filter=shout");
        await rig.Repository.GitAsync(["add", ".gitattributes"]);
        await rig.Repository.GitAsync(["commit", "-qm", "Link"]);
        IWorkspace first = await rig.AcquireAsync("a"),
            second = await rig.AcquireAsync("b");

        Assert.Equal(
            (CheckoutMethod.Checkout, CheckoutMethod.Checkout),
            (first.Info.CheckedOutBy, second.Info.CheckedOutBy)
        );
        Assert.Equal(
            File.ReadAllText(Path.Combine(first.Info.Path, "a.txt")),
            File.ReadAllText(Path.Combine(second.Info.Path, "a.txt"))
        );
        Assert.Empty(Trees(rig));
    }

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData("content")]
    [InlineData("forged")]
    [InlineData("mode")]
    [InlineData("gone")]
    [InlineData("link")]
    [InlineData("second name")]
    public async Task A_tree_that_was_altered_is_thrown_away_and_git_checks_out(string how)
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await AddManyAsync(rig, 20);
        await rig.AcquireAsync("before");
        string tree = Trees(rig).Single();
        Alter(Path.Combine(tree, "files", "many", "7.txt"), how, rig.Repository.Root);
        IWorkspace after = await rig.AcquireAsync("after");
        IWorkspace later = await rig.AcquireAsync("later");

        Assert.Equal(
            (CheckoutMethod.Checkout, CheckoutMethod.Copy),
            (after.Info.CheckedOutBy, later.Info.CheckedOutBy)
        );
        Assert.DoesNotContain(tree, Trees(rig));
        await SameAsGitAsync(rig, after);
        await SameAsGitAsync(rig, later);
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Sixteen_at_once_need_one_tree()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(o =>
            o.CheckoutMethod = CheckoutMethod.Copy
        );
        await AddManyAsync(rig, 100);
        IWorkspace[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => rig.AcquireAsync($"at-once-{i}")));

        Assert.Single(Trees(rig));
        Assert.All(all, w => Assert.Equal(CheckoutMethod.Copy, w.Info.CheckedOutBy));
        foreach (IWorkspace workspace in all)
        {
            Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain"));
        }
    }

    [IsolationFact(Tools.Linux)]
    public async Task What_cannot_be_had_here_is_a_fault_before_anything_is_made()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(
            o => o.CheckoutMethod = CheckoutMethod.Snapshot,
            Shm()
        );
        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() => rig.AcquireAsync());

        Assert.Equal("ISO0316", refused.Code);
        Assert.Contains((await rig.Provider.ProbeAsync(rig.Repository.Reference)).Problems, f => f.Code == "ISO0316");
        Assert.DoesNotContain("work", await rig.Repository.GitAsync(["worktree", "list"]));
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task A_clone_is_copied_as_a_worktree_is()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await AddOfEverythingAsync(rig);
        await using Isolation.Sdk.Workspaces.PrivateCloneProvider clones = new(
            new WorkspaceOptions { CheckoutMethod = CheckoutMethod.Copy },
            TimeProvider.System
        );
        IWorkspace clone = await rig.AcquireAsync("clone", provider: clones);

        Assert.Equal(CheckoutMethod.Copy, clone.Info.CheckedOutBy);
        await SameAsGitAsync(rig, clone);
    }

    // Memory: no snapshots, no shared blocks.
    private static WorkersDirectory Shm() => new($"/dev/shm/isolation-testing-{Guid.NewGuid():n}");

    private static void Alter(string file, string how, string elsewhere)
    {
        DateTime written = File.GetLastWriteTimeUtc(file);
        switch (how)
        {
            case "content":
                File.AppendAllText(file, "more\n");
                break;
            case "forged":
                File.WriteAllText(file, new string('x', (int)new FileInfo(file).Length));
                File.SetLastWriteTimeUtc(file, written);
                break;
            case "mode":
                File.SetUnixFileMode(file, UnixFileMode.UserRead);
                break;
            case "gone":
                File.Delete(file);
                break;
            case "link":
                File.Delete(file);
                File.CreateSymbolicLink(file, "8.txt");
                break;
            default:
                Process.Start("ln", [file, Path.Combine(elsewhere, "second")]).WaitForExit();
                break;
        }
    }

    private static async Task SameAsGitAsync(WorkspaceFixture rig, IWorkspace workspace)
    {
        string plain = Path.Combine(rig.Repository.Root, $"plain-{Guid.NewGuid():n}");
        await rig.Repository.GitAsync(["worktree", "add", "-q", "--detach", plain, workspace.Info.BaseCommit]);
        Assert.Equal(await TreeSnapshot.OfAsync(plain), await TreeSnapshot.OfAsync(workspace.Info.Path));
        Assert.Equal("", await WorkspaceFixture.GitAsync(workspace, "status", "--porcelain", "--ignored"));
        Assert.Equal(
            await ThrowawayRepository.GitInAsync(plain, ["ls-files", "-s", "-v"]),
            await WorkspaceFixture.GitAsync(workspace, "ls-files", "-s", "-v")
        );
        await rig.Repository.GitAsync(["worktree", "remove", "--force", plain]);
    }

    private static string[] Trees(WorkspaceFixture rig) =>
        Directory.Exists(Path.Combine(rig.Workers, ".trees"))
            ? Directory.GetDirectories(Path.Combine(rig.Workers, ".trees"))
            : [];

    private static string CommitOf(string tree) => TemplateRecord.TryRead(tree)!.Commit;

    private static Task<string> AddManyAsync(WorkspaceFixture rig, int count, string text = "") =>
        rig.Repository.CommitAsync(
            $"Many {text}",
            Enumerable.Range(0, count).ToDictionary(i => $"many/{i}.txt", i => $"{text}{i}\n")
        );

    private static async Task AddOfEverythingAsync(WorkspaceFixture rig)
    {
        string top = rig.Repository.Path;
        await rig.Repository.CommitAsync(
            "Everything",
            new Dictionary<string, string>
            {
                ["plain.txt"] = "plain\n",
                ["deep/er/and/deeper.txt"] = "deep\n",
                ["a b\nc.txt"] = "odd\n",
                ["ünï.txt"] = "u\n",
                ["empty"] = "",
                ["Case.txt"] = "upper\n",
                ["case.txt"] = "lower\n",
                ["a.b/x"] = "1\n",
                ["a/x"] = "2\n",
                ["a0"] = "3\n",
                ["large.bin"] = new string('l', 3_000_000),
                [new string('n', 255)] = "long name\n",
            }
        );
        File.SetUnixFileMode(Path.Combine(top, "empty"), (UnixFileMode)0b111_101_101);
        File.CreateSymbolicLink(Path.Combine(top, "link"), "deep/er");
        File.CreateSymbolicLink(Path.Combine(top, "dangling"), "/nowhere/at/all");
        Process.Start("sh", ["-c", "cd \"$1\" && : > \"$(printf 'not-utf8-\\377')\"", "sh", top]).WaitForExit();
        await rig.Repository.GitAsync(["add", "-A"]);
        await rig.Repository.GitAsync([
            "update-index",
            "--add",
            "--cacheinfo",
            $"160000,{await rig.HeadAsync()},vendor/sub",
        ]);
        await rig.Repository.GitAsync(["commit", "-qm", "More"]);
    }
}
