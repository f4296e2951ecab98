using System.Text.Json;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Tracking;

public sealed class WorkGraphTests
{
    [IsolationFact]
    public void A_sound_set_has_no_faults() =>
        Assert.Empty(Codes(Item("a"), Item("b", "a"), Item("c", "a", "b"), Item("Ünï çödé/../x")));

    [IsolationTheory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\nb")]
    [InlineData("a\0")]
    [InlineData("\u001b[2J")]
    public void Ids_that_are_none_are_named(string id) => Assert.Equal(["ISO0701"], Codes(new WorkItem(id, "t")));

    [IsolationFact]
    public void A_lone_surrogate_is_no_id() => Assert.Equal(["ISO0701"], Codes(new WorkItem("a\ud800", "t")));

    [IsolationFact]
    public void An_id_may_have_a_thousand_characters_and_no_more()
    {
        Assert.Empty(Codes(Item(new string('x', 1_000))));
        IsolationFault fault = Assert.Single(WorkGraph.Check([Item(new string('x', 5_000))]));
        Assert.Equal("ISO0701", fault.Code);
        Assert.True(fault.ToString().Length < 300);
    }

    [IsolationTheory]
    [InlineData("a", "a")]
    [InlineData("Auth", "auth")]
    [InlineData("Ärger", "ärger")]
    public void Twins_are_refused(string one, string other) => Assert.Equal(["ISO0702"], Codes(Item(one), Item(other)));

    [IsolationFact]
    public void An_id_that_has_the_slug_of_another_is_refused() =>
        Assert.Equal(["ISO0702"], Codes(Item("a b"), Item(Isolation.Sdk.IO.Slug.Of("a b"))));

    [IsolationFact]
    public void Cycles_are_named_once_each_and_unknown_blockers_too()
    {
        IReadOnlyList<IsolationFault> faults = WorkGraph.Check([
            Item("a", "b"),
            Item("b", "c"),
            Item("c", "a"),
            Item("self", "self"),
            Item("d", "a", "nowhere"),
            Item("e", "d", "d"),
        ]);
        Assert.Equal(["ISO0704", "ISO0703", "ISO0703"], faults.Select(f => f.Code));
        Assert.Contains("'nowhere'", faults[0].Message);
        Assert.Contains("a → b → c → a", faults[1].Message);
        Assert.Contains("self → self", faults[2].Message);
    }

    [IsolationFact]
    public void Every_fault_is_told_at_once_and_null_is_one() =>
        Assert.Equal(
            ["ISO0701", "ISO0705", "ISO0702", "ISO0704"],
            Codes(null!, new WorkItem("a", "\t"), Item("a", "x"))
        );

    [IsolationFact]
    public void A_finite_tracker_refuses_them_all() =>
        Assert.Equal(
            2,
            Assert
                .Throws<IsolationConfigurationException>(() =>
                    new InMemoryWorkTracker([Item("a", "b"), Item("b", "a"), Item("c", "x")])
                )
                .Faults.Count
        );

    [IsolationFact]
    public async Task A_chain_of_thousands_is_checked_without_a_stack_overflow()
    {
        WorkItem[] chain =
        [
            .. Enumerable.Range(0, 20_000).Select(i => i == 0 ? Item("i0") : Item($"i{i}", $"i{i - 1}")),
        ];
        Assert.Empty(WorkGraph.Check(chain));
        InMemoryWorkTracker tracker = new(chain);
        TrackedItem first = (await tracker.ClaimAsync(new ClaimRequest("w", TimeSpan.FromMinutes(1))))!;
        await tracker.SettleAsync(first, new Settlement.Close(ItemOutcome.Failed, "no"));
        await tracker.WatchAsync().LastAsync();
        TrackedItem last = (await tracker.ListAsync())[^1];
        Assert.Equal(("i19999", ItemOutcome.Skipped), (last.Item.Id, last.Outcome));
        Assert.True(last.Reason!.Length < 1_000, $"{last.Reason.Length}");
    }

    [IsolationTheory]
    [InlineData("Instructions", """{"Id":"a","Title":"t","Instructions":null}""")]
    [InlineData("BlockedBy", """{"Id":"a","Title":"t","BlockedBy":null}""")]
    [InlineData("BlockedBy", """{"Id":"a","Title":"t","BlockedBy":["b",null]}""")]
    [InlineData("Paths", """{"Id":"a","Title":"t","Paths":null}""")]
    [InlineData("Paths", """{"Id":"a","Title":"t","Paths":[null]}""")]
    [InlineData("Requires", """{"Id":"a","Title":"t","Requires":null}""")]
    [InlineData("Data", """{"Id":"a","Title":"t","Data":null}""")]
    [InlineData("Data", """{"Id":"a","Title":"t","Data":{"k":null}}""")]
    [InlineData("Timeout", """{"Id":"a","Title":"t","Timeout":"00:00:00"}""")]
    [InlineData("Timeout", """{"Id":"a","Title":"t","Timeout":"31.00:00:00"}""")]
    public async Task A_null_of_JSON_and_a_bad_time_are_found_by_the_propertys_name(string property, string json)
    {
        WorkItem item = JsonSerializer.Deserialize<WorkItem>(json)!;

        IsolationFault fault = Assert.Single(WorkScheduler.Check([item, Item("b")]));

        Assert.Equal("ISO0709", fault.Code);
        Assert.Contains($"'a': {property} ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(fault, Assert.Single(await new InMemoryWorkTracker().AddAsync([item])).Fault);
    }

    private static WorkItem Item(string id, params string[] blockedBy) => new(id, "Title") { BlockedBy = blockedBy };

    private static IEnumerable<string> Codes(params WorkItem[] items) => WorkGraph.Check(items).Select(f => f.Code);
}
