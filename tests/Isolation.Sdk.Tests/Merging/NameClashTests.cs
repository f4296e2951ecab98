using Isolation.Sdk.Merging;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>Names that only some file systems tell apart are named when they land.</summary>
public sealed class NameClashTests
{
    [IsolationTheory(Tools.Linux)]
    [InlineData("Notes.md", "NOTES.md", "'Notes.md' and 'NOTES.md'")]
    [InlineData("src/a.txt", "Src/b.txt", "'src' and 'Src'")]
    [InlineData("caf\u00e9.md", "cafe\u0301.md", "'caf\u00e9.md' and 'cafe\u0301.md'")]
    [InlineData("Notes.md", "Notes2.md", null)]
    public async Task Two_items_that_add_such_names_are_told(string first, string second, string? named)
    {
        if ("e\u0301".Normalize().Length == 2)
        {
            named = first.All(char.IsAscii) ? named : null; // This runtime has no Unicode tables.
        }

        await using QueueFixture bench = await QueueFixture.CreateAsync(("f.txt", "x\n"));
        await using IMergeQueue queue = await MergeStrategies.FirstWins().OpenAsync(bench.Target);
        Capture one = await bench.WorkAsync(null, (first, "one\n")),
            two = await bench.WorkAsync(null, (second, "two\n"));
        AttemptId a = new("a", 1),
            b = new("b", 1);
        await queue.SubmitAsync(new MergeRequest(a, one));
        Assert.Null((await QueueFixture.EndAsync(queue, a)).Reason);
        await queue.SubmitAsync(new MergeRequest(b, two));
        MergeStatus end = await QueueFixture.EndAsync(queue, b);

        Assert.Equal(MergeState.Landed, end.State);
        Assert.Equal(named is null ? null : $"macOS and Windows take these names for one: {named}.", end.Reason);
    }
}
