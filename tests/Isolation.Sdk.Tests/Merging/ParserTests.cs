using FsCheck;
using FsCheck.Fluent;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Merging;

public class ParserTests
{
    private const string Marker = "00112233445566778899aabbccddeeff";

    private static Gen<string> Id =>
        Gen.ArrayOf(Gen.Elements("0123456789abcdef".ToCharArray()), 40).Select(c => new string(c));

    private static Gen<string> PathName =>
        ArbMap
            .Default.GeneratorFor<NonEmptyString>()
            .Select(s => s.Get.Replace("\0", "", StringComparison.Ordinal))
            .Where(s => s.Length > 0);

    private static Gen<string> Text =>
        ArbMap.Default.GeneratorFor<string>().Select(s => (s ?? "").Replace("\0", "", StringComparison.Ordinal));

    private static Gen<UnmergedEntry> Entry =>
        from mode in Gen.Elements("100644", "100755", "120000", "160000")
        from id in Id
        from stage in Gen.Choose(1, 3)
        from path in PathName
        select new UnmergedEntry(mode, id, stage, path);

    private static Gen<MergeMessage> Message =>
        from paths in Gen.ListOf(PathName)
        from kind in Gen.Elements(
            "Auto-merging",
            "CONFLICT (contents)",
            "CONFLICT (modify/delete)",
            "CONFLICT(directory rename collision)"
        )
        from text in Text
        select new MergeMessage([.. paths], kind, text);

    private static Gen<MergeTreeOutput> Output =>
        from tree in Id
        from files in Gen.ListOf(Entry)
        from messages in Gen.ListOf(Message)
        select new MergeTreeOutput(tree, [.. files], [.. messages]);

    private static string Print(MergeTreeOutput output) =>
        output.Tree
        + '\0'
        + string.Concat(output.Files.Select(f => $"{f.Mode} {f.ObjectId} {f.Stage}\t{f.Path}\0"))
        + '\0'
        + string.Concat(
            output.Messages.Select(m =>
                $"{m.Paths.Count}\0{string.Concat(m.Paths.Select(p => p + '\0'))}{m.Kind}\0{m.Text}\0"
            )
        );

    [IsolationFact]
    public void What_merge_tree_prints_comes_back_as_it_was() =>
        Prop.ForAll(Output.ToArbitrary(), output =>
            {
                MergeTreeOutput? parsed = MergeTreeOutput.Parse(Print(output));
                return parsed is not null
                    && parsed.Tree == output.Tree
                    && parsed.Files.SequenceEqual(output.Files)
                    && parsed.Messages.Count == output.Messages.Count
                    && parsed
                        .Messages.Zip(output.Messages)
                        .All(p =>
                            p.First.Kind == p.Second.Kind
                            && p.First.Text == p.Second.Text
                            && p.First.Paths.SequenceEqual(p.Second.Paths)
                        );
            })
            .QuickCheckThrowOnFailure();

    [IsolationFact]
    public void No_text_makes_the_parsers_fail() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<string>().ToArbitrary(), text =>
            {
                _ = MergeTreeOutput.Parse(text ?? "");
                _ = MergeTreeOutput.Parse(new string('a', 40) + "\0\0" + text);
                _ = TargetHistory.Parse(text ?? "", Marker);
                _ = DurableRefs.RefusedRef(text ?? "");
                _ = LandingMessage.Trailers(text ?? "");
                return QueueItem.Parse("x", text ?? "") is null;
            })
            .QuickCheckThrowOnFailure();

    [IsolationFact]
    public void Free_text_after_the_messages_ends_them()
    {
        string tree = new('a', 40);
        MergeTreeOutput output = MergeTreeOutput.Parse(
            $"{tree}\0\0{1}\0sub\0CONFLICT (submodule)\0text\n\0Failed to merge submodule sub\n"
        )!;
        Assert.Equal("submodule", Assert.Single(output.Messages).ShortKind);
    }

    [IsolationFact]
    public void An_exit_code_alone_is_no_conflict()
    {
        string tree = new('a', 40);
        Assert.IsType<MergeOutcome.Broken>(
            GitMerge.Classify(new GitResult(1, "", "merge-tree: x - not something we can merge"))
        );
        Assert.IsType<MergeOutcome.Broken>(
            GitMerge.Classify(new GitResult(1, $"{tree}\0\0", "error: Could not read 1234"))
        );
        Assert.IsType<MergeOutcome.Broken>(GitMerge.Classify(new GitResult(128, "", "fatal: unable to write")));
        Assert.IsType<MergeOutcome.Unrelated>(
            GitMerge.Classify(new GitResult(128, "", "fatal: refusing to merge unrelated histories"))
        );
        Assert.IsType<MergeOutcome.Conflict>(GitMerge.Classify(new GitResult(1, $"{tree}\0\0", "")));
        Assert.IsType<MergeOutcome.Clean>(GitMerge.Classify(new GitResult(0, $"{tree}\0\0", "")));
    }

    [IsolationFact]
    public void Any_item_comes_back_from_its_record_and_its_trailers() =>
        Prop.ForAll(Text.Where(t => t.Length > 0).ToArbitrary(), Text.ToArbitrary(), (id, title) =>
            {
                QueueItem item = new(new AttemptId(id, 3), new string('b', 40), new string('c', 40), 7)
                {
                    Title = title,
                };
                string message = LandingMessage.Write(item, null, new string('d', 40));
                string[] parts = message.Split("\n\n");
                IReadOnlyDictionary<string, string> trailers = LandingMessage.Trailers(parts[1]);

                // A lone surrogate has no UTF-8 form: ids with one are told apart by their slug.
                bool whole = !id.Any(char.IsSurrogate);
                return (!whole || QueueItem.Parse("", item.ToJson())?.Attempt == item.Attempt)
                    && parts.Length == 2
                    && !parts[0].Contains('\n', StringComparison.Ordinal)
                    && parts[0].Length > 0
                    && trailers.Count == 4
                    && trailers[LandingMessage.AttemptTrailer] == LandingMessage.Name(item.Attempt)
                    && trailers[LandingMessage.HeadTrailer] == item.Head;
            })
            .QuickCheckThrowOnFailure();

    [IsolationFact]
    public void A_file_name_cannot_pass_for_a_landing()
    {
        string real = new('a', 40);
        string evil = $"evil{Marker[..31]}0\0{new string('b', 40)}";
        List<TargetCommit> steps = TargetHistory.Parse(
            $"{Marker}\0{real}\0{new string('c', 40)}\0{LandingMessage.ItemTrailer}: auth\n\0\0\n{evil}\0plain.txt\0",
            Marker
        );
        Assert.Equal((real, "auth"), (Assert.Single(steps).Commit, steps[0].Item));
        Assert.Contains("plain.txt", steps[0].Files);
    }

    [IsolationFact]
    public void A_hostile_id_never_reaches_a_trailer_as_it_is()
    {
        AttemptId attempt = new("x\nIsolation-Item: other", 1);
        Assert.Equal($"{Slug.Of(attempt.Item)}.1", LandingMessage.Name(attempt));
    }
}
