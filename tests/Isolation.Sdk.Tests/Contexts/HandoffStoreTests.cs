using Isolation.Sdk.Contexts;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Contexts;

public sealed class HandoffStoreTests
{
    [IsolationFact]
    public async Task Notes_accumulate_and_are_read_in_order_with_any_text()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        HandoffStore store = await OpenAsync(repository);
        AttemptId attempt = new("Auth/123 ü", 1);
        string[] notes =
        [
            "# First\n\nwith `code`\n# and a line that looks like a comment",
            "zweite Notiz: Grüße 🎉",
            "-n --exec=evil",
        ];
        foreach (string note in notes)
        {
            await store.AppendAsync(attempt, note);
        }

        IReadOnlyList<Handoff> read = await store.ReadAsync(attempt.Item);
        Assert.Equal(notes, read.Select(h => h.Note));
        Assert.All(read, h => Assert.Equal(attempt, h.From));
        Assert.Equal(
            read[2].Commit,
            await repository.GitAsync(["rev-parse", $"refs/isolation/handoffs/{Slug.Of(attempt.Item)}/1"])
        );
        Assert.Equal("", await repository.GitAsync(["fsck", "--strict", "--no-progress", "--no-dangling"]));
    }

    [IsolationFact]
    public async Task Only_the_newest_attempt_leaves_notes_and_only_its_notes_are_read()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        HandoffStore store = await OpenAsync(repository);
        await repository.GitAsync(["update-ref", AttemptNames.RefName(new AttemptId("a", 1)), "HEAD"]);
        await store.AppendAsync(new AttemptId("a", 1), "from the one that failed");
        await repository.GitAsync(["update-ref", AttemptNames.RefName(new AttemptId("a", 2)), "HEAD"]);
        IsolationException late = await Assert.ThrowsAsync<IsolationException>(() =>
            store.AppendAsync(new AttemptId("a", 1), "too late")
        );
        Assert.Equal("ISO0506", late.Code);
        Assert.Empty(await store.ReadAsync("a"));
        await store.AppendAsync(new AttemptId("a", 2), "from the one that landed");
        Assert.Equal("from the one that landed", Assert.Single(await store.ReadAsync("a")).Note);
    }

    [IsolationFact]
    public async Task Notes_added_at_once_are_all_kept()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        HandoffStore store = await OpenAsync(repository);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => store.AppendAsync(new AttemptId("a", 1), $"note {i}")));
        Assert.Equal(4, (await store.ReadAsync("a")).Select(h => h.Note).Distinct().Count());
    }

    [IsolationFact]
    public async Task Processes_are_few()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        GitRepository opened = await GitOpener.OpenAsync(repository.Path);
        HandoffStore store = new(opened);
        Assert.Empty(await store.ReadAsync("a"));
        Assert.Equal(1, opened.Client.StartedProcesses);
        await store.AppendAsync(new AttemptId("a", 1), "one");
        Assert.Equal(5, opened.Client.StartedProcesses);
        await store.AppendAsync(new AttemptId("a", 1), "two");
        Assert.Equal(8, opened.Client.StartedProcesses);
        Assert.Equal(2, (await store.ReadAsync("a")).Count);
        Assert.Equal(10, opened.Client.StartedProcesses);
    }

    [IsolationTheory]
    [InlineData("")]
    [InlineData(" \n\0 ")]
    public async Task An_empty_note_is_refused(string note)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        HandoffStore store = await OpenAsync(repository);
        Assert.Equal(
            "ISO0507",
            (await Assert.ThrowsAsync<IsolationException>(() => store.AppendAsync(new AttemptId("a", 1), note))).Code
        );
        Assert.Equal(
            "ISO0507",
            (
                await Assert.ThrowsAsync<IsolationException>(() =>
                    store.AppendAsync(new AttemptId("a", 1), new string('x', 70_000))
                )
            ).Code
        );
        Assert.Equal("", await repository.GitAsync(["for-each-ref", "refs/isolation"]));
    }

    private static async Task<HandoffStore> OpenAsync(ThrowawayRepository repository) =>
        new(await GitOpener.OpenAsync(repository.Path));
}
