using FsCheck;
using FsCheck.Fluent;
using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Git;

/// <summary>Whatever names files have, what git lists is read back as it was.</summary>
public class ParserTests
{
    private static readonly Gen<string> Names = Gen.Elements(
            "a",
            " ",
            "\n",
            "\t",
            "\"",
            "é",
            "💥",
            ":",
            "1 ",
            "? ",
            "# branch.oid ",
            "-\t-\t",
            "/b",
            ":100644 100644 a b M",
            "\\",
            "->"
        )
        .NonEmptyListOf()
        .Select(string.Concat);

    [IsolationFact]
    public void The_list_of_changed_files_survives_a_round_trip()
    {
        Gen<FileChange> change = Gen.Choose(0, 4)
            .SelectMany(kind =>
                Gen.Choose(0, 9999)
                    .SelectMany(added =>
                        Gen.Choose(0, 9999)
                            .SelectMany(deleted =>
                                Names.SelectMany(path =>
                                    Names.Select(old => new FileChange(path, (FileChangeKind)kind, added, deleted)
                                    {
                                        OldPath = kind == (int)FileChangeKind.Renamed ? old : null,
                                    })
                                )
                            )
                    )
            );
        Check.QuickThrowOnFailure(Prop.ForAll(change.ListOf().ToArbitrary(), drawn =>
            {
                FileChange[] changes = [.. drawn.DistinctBy(c => c.Path)];
                IEnumerable<string> raw = changes.SelectMany(c =>
                    c.OldPath is { } old
                        ? [$":100644 100644 {new string('1', 40)} {new string('2', 40)} R087", old, c.Path]
                        : new[]
                        {
                            $":100644 100644 {new string('1', 40)} {new string('2', 40)} {"AMDRT"[(int)c.Kind]}",
                            c.Path,
                        }
                );
                IEnumerable<string> numbers = changes.SelectMany(c =>
                    c.OldPath is { } old
                        ? [$"{c.Added}\t{c.Deleted}\t", old, c.Path]
                        : new[] { $"{c.Added}\t{c.Deleted}\t{c.Path}" }
                );
                return CommitDiff.Parse([.. raw, .. numbers]).SequenceEqual(changes);
            }));
    }

    [IsolationFact]
    public void The_status_survives_a_round_trip()
    {
        Gen<(int Kind, string Path)> entry = Gen.Choose(0, 2).SelectMany(kind => Names.Select(path => (kind, path)));
        Check.QuickThrowOnFailure(Prop.ForAll(entry.ListOf().ToArbitrary(), entries =>
            {
                string id = new('3', 40);
                string[] fields =
                [
                    "# branch.oid " + id,
                    "# branch.head a b",
                    .. entries.Select(e =>
                        e.Kind switch
                        {
                            0 => $"1 .M N... 100644 100644 100644 {id} {id} {e.Path}",
                            1 => $"u UU N... 100644 100644 100644 100644 {id} {id} {id} {e.Path}",
                            _ => $"? {e.Path}",
                        }
                    ),
                ];
                GitStatus status = GitStatus.Parse(fields);
                return status.Head == id
                    && status.Branch == "a b"
                    && status.Tracked.SequenceEqual(entries.Where(e => e.Kind < 2).Select(e => e.Path))
                    && status.Untracked.SequenceEqual(entries.Where(e => e.Kind == 2).Select(e => e.Path));
            }));
    }

    [IsolationFact]
    public void No_bytes_make_a_merge_fail_to_be_judged_or_clean_by_chance()
    {
        string tree = new('a', 40);
        Gen<string> piece = Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>().Select(b => System.Text.Encoding.UTF8.GetString(b ?? [])),
            Gen.Elements(
                tree,
                tree[..39],
                "\0",
                "\0\0",
                $"100644 {tree} 1\ta",
                $"100644 {tree} 4\ta",
                "1\0a\0CONFLICT (contents)\0text\0",
                "99999999\0",
                "-1\0",
                "\t"
            )
        );
        Check.QuickThrowOnFailure(
            Prop.ForAll(
                piece.ListOf().Select(string.Concat).ToArbitrary(),
                Gen.Choose(0, 2).ToArbitrary(),
                (text, code) =>
                {
                    bool clean = GitMerge.Classify(new GitResult(code, text, "")) is MergeOutcome.Clean;
                    return !clean
                        || (
                            code == 0
                            && text.IndexOf("\0\0", StringComparison.Ordinal) is 40 or 64
                            && text.TakeWhile(c => c != '\0').All(char.IsAsciiHexDigitLower)
                        );
                }
            )
        );
    }

    [IsolationFact]
    public void An_answer_that_was_cut_off_is_never_clean()
    {
        string whole = $"{new string('a', 64)}\0\0";
        Assert.IsType<MergeOutcome.Clean>(GitMerge.Classify(new GitResult(0, whole, "")));
        Assert.All(Enumerable.Range(0, whole.Length), length =>
            Assert.IsType<MergeOutcome.Broken>(GitMerge.Classify(new GitResult(0, whole[..length], "")))
        );
        string conflict = $"{new string('a', 40)}\0100644 {new string('b', 40)} 2\tfile\0\0";
        Assert.IsType<MergeOutcome.Conflict>(GitMerge.Classify(new GitResult(1, conflict, "")));
        Assert.IsType<MergeOutcome.Broken>(GitMerge.Classify(new GitResult(0, conflict, "")));
        Assert.All(Enumerable.Range(0, conflict.Length), length =>
            Assert.IsType<MergeOutcome.Broken>(GitMerge.Classify(new GitResult(1, conflict[..length], "")))
        );
    }

    [IsolationTheory]
    [InlineData("nonsense")]
    [InlineData(":100644 100644 a b M")]
    [InlineData(":100644 100644 a b R100", "old")]
    [InlineData("1\tx\tpath")]
    [InlineData("1\t1\t", "old")]
    public void What_is_no_list_of_files_is_an_error_with_a_code(params string[] fields) =>
        Assert.Equal("ISO0211", Assert.Throws<IsolationException>(() => CommitDiff.Parse(fields)).Code);
}
