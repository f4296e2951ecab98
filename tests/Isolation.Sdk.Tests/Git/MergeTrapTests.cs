using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

/// <summary>What makes <c>git merge-tree</c> say something that is not so.</summary>
public class MergeTrapTests
{
    [IsolationFact]
    public async Task A_commit_that_nobody_knows_is_no_conflict_although_git_ends_with_one()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "a\n"));
        MergeOutcome.Broken unknown = Assert.IsType<MergeOutcome.Broken>(
            await bench.MergeAsync(bench.Base, new string('1', 40))
        );
        Assert.Contains("'git merge-tree' ended with", unknown.Reason, StringComparison.Ordinal);
        string tree = await bench.GitAsync("rev-parse", bench.Base + "^{tree}");
        Assert.IsType<MergeOutcome.Broken>(await bench.MergeAsync(bench.Base, tree));
    }

    [IsolationFact]
    public async Task A_missing_tree_is_no_conflict_although_git_makes_one_up()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("sub/a.txt", "a\n"), ("b.txt", "b\n"));
        string ours = await bench.SideAsync(("sub/a.txt", "ours\n"));
        string theirs = await bench.SideAsync(("sub/c.txt", "c\n"));
        Assert.IsType<MergeOutcome.Clean>(await bench.MergeAsync(ours, theirs));
        await bench.LoseAsync(theirs + ":sub");
        Assert.IsType<MergeOutcome.Broken>(await bench.MergeAsync(ours, theirs));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("side:a.txt")]
    [InlineData("side^{commit}")]
    [InlineData("side~1")]
    public async Task A_missing_blob_or_commit_is_no_conflict(string lost)
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n"));
        string ours = await bench.SideAsync(("a.txt", "ours\n2\n3\n4\n5\n6\n7\n8\n9\n"));
        await bench.SideAsync(("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\ntheirs\n"));
        string theirs = await bench.Made.CommitAsync("Further", new Dictionary<string, string> { ["b.txt"] = "b\n" });
        await bench.GitAsync("tag", "side", theirs);
        Assert.IsType<MergeOutcome.Clean>(await bench.MergeAsync(ours, theirs));
        await bench.LoseAsync(lost);
        Assert.IsType<MergeOutcome.Broken>(await bench.MergeAsync(ours, theirs));
    }

    [IsolationFact]
    public async Task Histories_without_a_common_commit_are_told_apart_from_a_failure()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "a\n"));
        string orphan = await bench.GitAsync("commit-tree", bench.Base + "^{tree}", "-m", "Orphan");
        Assert.IsType<MergeOutcome.Unrelated>(await bench.MergeAsync(bench.Base, orphan));
    }

    [IsolationFact]
    public async Task The_free_text_after_a_submodule_conflict_is_not_read_as_a_remark()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "a\n"));
        string[] sides = new string[3];
        for (int i = 0; i < sides.Length; i++)
        {
            await bench.GitAsync("checkout", "-q", "-f", "--detach", i == 0 ? bench.Base : sides[0]);
            await bench.GitAsync(
                "update-index",
                "--add",
                "--cacheinfo",
                $"160000,{new string((char)('1' + i), 40)},sub"
            );
            await bench.GitAsync("commit", "-q", "-m", "Gitlink");
            sides[i] = await bench.GitAsync("rev-parse", "HEAD");
        }

        MergeTreeOutput output = Assert
            .IsType<MergeOutcome.Conflict>(await bench.MergeAsync(sides[1], sides[2]))
            .Output;
        Assert.Equal([1, 2, 3], output.Files.Select(f => f.Stage));
        Assert.All(output.Files, f => Assert.Equal(("160000", "sub"), (f.Mode, f.Path)));
        Assert.Contains(output.Messages, m =>
            m.IsConflict
            && m.ShortKind.StartsWith("submodule", StringComparison.Ordinal)
            && m.Paths.SequenceEqual(["sub"])
        );
        Assert.All(output.Messages, m => Assert.Equal(["sub"], m.Paths));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("target", "target")]
    [InlineData("isolation/main", "isolation_main")]
    [InlineData("HEAD", "target")]
    [InlineData("1111111111111111111111111111111111111111", "target")]
    public async Task Names_that_git_makes_up_have_the_name_of_a_side_in_them_never_an_id(string label, string inPath)
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "a\n"));
        string ours = await bench.SideAsync(("thing", "a file\n"), ("a.txt", "ours\n"));
        string theirs = await bench.SideAsync(("thing/inside", "in a folder\n"), ("a.txt", "theirs\n"));
        MergeTreeOutput output = Assert
            .IsType<MergeOutcome.Conflict>(await bench.MergeAsync(ours, theirs, label))
            .Output;
        Assert.Contains(output.Files, f => f.Path == "thing~" + inPath);
        string marked = await bench.ShowAsync(output.Tree, "a.txt");
        Assert.Contains($"<<<<<<< {(inPath == "target" ? "target" : label)}\n", marked, StringComparison.Ordinal);
        Assert.Contains(">>>>>>> auth.1", marked, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task Committed_attributes_count_in_a_bare_repository_too_and_those_beside_it_never()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(
            (".gitattributes", "*.log merge=union\n"),
            ("x.log", "1\n"),
            ("a.txt", "1\n")
        );
        string ours = await bench.SideAsync(("x.log", "1\nours\n"));
        string theirs = await bench.SideAsync(("x.log", "1\ntheirs\n"));
        string oursText = await bench.SideAsync(("a.txt", "ours\n"));
        string theirsText = await bench.SideAsync(("a.txt", "theirs\n"));
        await bench.GitAsync("clone", "-q", "--mirror", ".", "../bare.git");
        string bare = Path.Combine(bench.Made.Root, "bare.git");
        await Isolation.Sdk.Testing.ThrowawayRepository.GitInAsync(
            bare,
            ["fetch", "-q", bench.Made.Path, ours, theirs, oursText, theirsText]
        );
        string evil = Path.Combine(bench.Made.Root, "evil-attributes");
        await File.WriteAllTextAsync(evil, "a.txt merge=union\n");
        Directory.CreateDirectory(Path.Combine(bare, "info"));
        File.Copy(evil, Path.Combine(bare, "info", "attributes"));
        await Isolation.Sdk.Testing.ThrowawayRepository.GitInAsync(bare, ["config", "core.attributesFile", evil]);

        GitRepository repository = await GitOpener.OpenAsync(bare);
        Assert.IsType<MergeOutcome.Clean>(await bench.MergeAsync(repository, ours, theirs));
        Assert.IsType<MergeOutcome.Conflict>(await bench.MergeAsync(repository, oursText, theirsText));
    }

    [IsolationFact]
    public async Task A_merge_driver_of_the_repository_never_runs()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(
            (".gitattributes", "a.txt merge=evil\n"),
            ("a.txt", "1\n")
        );
        string proof = Path.Combine(bench.Made.Root, "ran");
        await bench.GitAsync("config", "merge.evil.driver", $"touch '{proof}'");
        string ours = await bench.SideAsync(("a.txt", "ours\n"));
        string theirs = await bench.SideAsync(("a.txt", "theirs\n"));
        Assert.IsType<MergeOutcome.Conflict>(await bench.MergeAsync(ours, theirs));
        Assert.False(File.Exists(proof));
    }

    [IsolationFact]
    public async Task Renames_are_found_whatever_the_config_of_the_repository_says()
    {
        string text = string.Concat(Enumerable.Range(1, 30).Select(i => $"line {i}\n"));
        await using MergeFixture bench = await MergeFixture.CreateAsync(("old/a.txt", text), ("old/b.txt", "b" + text));
        foreach (
            (string key, string value) in new[]
            {
                ("merge.renames", "false"),
                ("diff.renames", "false"),
                ("merge.directoryRenames", "true"),
                ("merge.conflictStyle", "diff3"),
                ("merge.renameLimit", "1"),
            }
        )
        {
            await bench.GitAsync("config", key, value);
        }

        string renamed = await bench.SideAsync(
            ("old/a.txt", null),
            ("old/b.txt", null),
            ("new/a.txt", text),
            ("new/b.txt", "b" + text)
        );
        string edited = await bench.SideAsync(("old/a.txt", text + "more\n"));
        string added = await bench.SideAsync(("old/c.txt", "c\n"));
        string tree = Assert.IsType<MergeOutcome.Clean>(await bench.MergeAsync(renamed, edited)).Tree;
        Assert.EndsWith("more", await bench.ShowAsync(tree, "new/a.txt"), StringComparison.Ordinal);

        // A file that is new in a folder that moved away is asked about, git's default, never moved silently.
        MergeTreeOutput asked = Assert.IsType<MergeOutcome.Conflict>(await bench.MergeAsync(renamed, added)).Output;
        Assert.Contains(asked.Messages, m =>
            m.ShortKind.StartsWith("directory rename suggested", StringComparison.Ordinal)
            || m.ShortKind.StartsWith("file location", StringComparison.Ordinal)
        );
    }

    [IsolationFact]
    public async Task A_replaced_commit_is_merged_as_it_really_is()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        string ours = await bench.SideAsync(("b.txt", "b\n"));
        string theirs = await bench.SideAsync(("c.txt", "real\n"));
        await bench.GitAsync("replace", theirs, await bench.SideAsync(("c.txt", "replaced\n")));
        string tree = Assert.IsType<MergeOutcome.Clean>(await bench.MergeAsync(ours, theirs)).Tree;
        Assert.Equal("real", await bench.ShowAsync(tree, "c.txt"));
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("new\nline.txt")]
    [InlineData("tab\tand \"quotes\".txt")]
    [InlineData("\u00fcml\u00e4ut \U0001f4a5.txt")]
    [InlineData("CON")]
    [InlineData("aux.txt")]
    [InlineData("what?*<>|:.txt")]
    [InlineData("trailing. ")]
    [InlineData("~target")]
    [InlineData("-n")]
    public async Task A_file_of_any_name_collides_under_its_name(string name)
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync((name, "1\n"));
        string ours = await bench.SideAsync((name, "ours\n"));
        string theirs = await bench.SideAsync((name, "theirs\n"));
        MergeTreeOutput output = Assert.IsType<MergeOutcome.Conflict>(await bench.MergeAsync(ours, theirs)).Output;
        Assert.Equal([(name, 1), (name, 2), (name, 3)], output.Files.Select(f => (f.Path, f.Stage)));
        Assert.Contains(output.Messages, m => m.IsConflict && m.Paths.SequenceEqual([name]));
    }

    [IsolationFact]
    public async Task A_name_that_is_no_text_still_collides_with_the_right_versions()
    {
        await using MergeFixture bench = await MergeFixture.CreateAsync(("a.txt", "1\n"));
        string[] sides = new string[2];
        for (int i = 0; i < sides.Length; i++)
        {
            await bench.GitAsync("checkout", "-q", "-f", "--detach", bench.Base);
            await bench.GitAsync(
                "-c",
                "alias.odd=!f() { git update-index --add --cacheinfo \"100644,$(echo side-$1 | git "
                    + "hash-object -w --stdin),$(printf 'odd\\377name')\"; }; f",
                "odd",
                $"{i}"
            );
            await bench.GitAsync("commit", "-q", "-m", "Odd");
            sides[i] = await bench.GitAsync("rev-parse", "HEAD");
        }

        MergeTreeOutput output = Assert
            .IsType<MergeOutcome.Conflict>(await bench.MergeAsync(sides[0], sides[1]))
            .Output;
        Assert.Equal([("odd\ufffdname", 2), ("odd\ufffdname", 3)], output.Files.Select(f => (f.Path, f.Stage)));
        Assert.Equal("side-1", await bench.GitAsync("cat-file", "blob", output.Files[1].ObjectId));
    }
}
