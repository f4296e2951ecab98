using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Tracking;

public sealed class DeclaredPathsTests
{
    [IsolationTheory]
    [InlineData("src/a.cs", "src/a.cs", true)]
    [InlineData("src/a.cs", "src/b.cs", false)]
    [InlineData("src", "src/deep/a.cs", true)]
    [InlineData("src/", "src/deep/a.cs", true)]
    [InlineData("src", "source/a.cs", false)]
    [InlineData("src/*.cs", "src/a.cs", true)]
    [InlineData("src/*.cs", "src/deep/a.cs", false)]
    [InlineData("src/*.cs", "src/b*", true)]
    [InlineData("src/a?.cs", "src/ab.cs", true)]
    [InlineData("src/a?.cs", "src/b?.cs", false)]
    [InlineData("**/*.md", "docs/", true)]
    [InlineData("**/*.md", "docs/guide/a.md", true)]
    [InlineData("**/*.md", "src/a.cs", false)]
    [InlineData("**/*.md", "**/*.cs", false)]
    [InlineData("**/api/**", "src/api/a.cs", true)]
    [InlineData("**", "anything/at/all", true)]
    public void Two_paths_overlap_when_they_can_mean_the_same_file(string first, string second, bool overlap)
    {
        Assert.Equal(overlap, DeclaredPaths.Overlap(first, second));
        Assert.Equal(overlap, DeclaredPaths.Overlap(second, first));
    }

    [IsolationTheory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../other")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    [InlineData("a/./b")]
    public async Task What_is_no_path_of_the_repository_is_refused(string path)
    {
        WorkItem item = new("a", "A") { Paths = ["src/", path] };

        Assert.Equal("ISO0708", Assert.Single(WorkGraph.Check([item])).Code);
        Assert.Equal("ISO0708", Assert.Single(await new InMemoryWorkTracker().AddAsync([item])).Fault?.Code);
        Assert.Empty(WorkGraph.Check([item with { Paths = ["src/", "**/*.md", "a b"] }]));
        Assert.Single(WorkGraph.Check([item with { Paths = [.. Enumerable.Range(0, 201).Select(i => $"f{i}")] }]));
    }

    [IsolationFact]
    public async Task An_item_lets_others_pass_so_often_and_no_oftener()
    {
        WorkItem[] items =
        [
            Item("x1", "src/"),
            Item("x2", "src/a.cs"),
            Item("y1", "docs/1"),
            Item("y2", "docs/2"),
            Item("y3", "docs/3"),
        ];
        InMemoryWorkTracker apart = new(items),
            plain = new(items);

        Assert.Equal(["x1", "y1", "y2", "x2", "y3"], await ClaimAllAsync(apart, items.Length, maxReorderings: 2));
        Assert.Equal(["x1", "x2", "y1", "y2", "y3"], await ClaimAllAsync(plain, items.Length));
    }

    [IsolationFact]
    public async Task An_item_waits_for_nothing_when_nothing_else_is_ready()
    {
        WorkItem[] items = [Item("x1", "src/"), Item("x2", "src/a.cs")];
        InMemoryWorkTracker apart = new(items);

        Assert.Equal(["x1", "x2"], await ClaimAllAsync(apart, items.Length, maxReorderings: 1000));
    }

    private static WorkItem Item(string id, params string[] paths) => new(id, id) { Paths = paths };

    private static async Task<IReadOnlyList<string>> ClaimAllAsync(
        InMemoryWorkTracker tracker,
        int count,
        int maxReorderings = 0
    )
    {
        ClaimRequest request = new("me", TimeSpan.FromHours(1)) { MaxReorderings = maxReorderings };
        List<string> claimed = [];
        for (int i = 0; i < count; i++)
        {
            claimed.Add((await tracker.ClaimAsync(request))!.Item.Id);
        }

        return claimed;
    }
}
