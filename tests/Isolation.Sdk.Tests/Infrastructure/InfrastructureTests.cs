namespace Isolation.Sdk.Tests.Infrastructure;

public sealed class InfrastructureTests
{
    [IsolationFact]
    public async Task A_fact_runs() => await Task.Yield();

    [IsolationFact]
    public void A_fact_that_is_not_async_runs_without_a_time_limit() { }

    [IsolationTheory]
    [InlineData("ci", (int)Tier.Ci)]
    [InlineData("", (int)Tier.Default)]
    [InlineData("soak", (int)Tier.Soak)]
    public void The_tier_comes_from_the_environment(string value, int tier) =>
        Assert.Equal((Tier)tier, TestPlan.Read(n => n == "ISOLATION_TIER" ? value : null).Tier);

    [IsolationFact]
    public void A_theory_may_show_some_of_its_rows_in_the_default_tier_and_all_of_them_above()
    {
        TestPlan plan = TestPlan.Read(_ => null);

        Assert.Equal([1, 2], plan.Sample([1, 2, 3], byDefault: 2));
        Assert.Equal([1, 2, 3], plan.Sample([1, 2, 3], byDefault: 0));
        Assert.Equal([1, 2, 3], (plan with { Tier = Tier.Ci }).Sample([1, 2, 3], byDefault: 2));
    }

    [IsolationFact]
    public void An_unknown_tier_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => TestPlan.Read(n => n == "ISOLATION_TIER" ? "nightly" : null));

    [IsolationFact]
    public void A_skip_that_nobody_expected_fails_when_everything_is_required()
    {
        TestPlan plan = new(Tier.Default, RequireAll: true, ["A.B.C: needs git-lfs"]);

        Assert.True(plan.MaySkip("A.B.C", "needs git-lfs"));
        Assert.False(plan.MaySkip("A.B.C", "needs bwrap"));
        Assert.True((plan with { RequireAll = false }).MaySkip("A.B.C", "needs bwrap"));
    }

    [IsolationFact]
    public void A_missing_tool_is_named() =>
        Assert.Equal("needs no-such-tool-7f3a", Tools.Missing(["git", "no-such-tool-7f3a"]));

    public static TheoryData<Func<int>> Unserializable => [() => 1, () => 2];

    [IsolationTheory]
    [MemberData(nameof(Unserializable))]
    public void A_theory_that_is_not_async_may_have_rows_that_cannot_be_written_down(Func<int> row) =>
        Assert.InRange(row(), 1, 2);
}
