using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>Each channel leaks between plain worktrees, which proves its probe, and is at each level what the matrix says.</summary>
public sealed class LeakMatrixTests
{
    public static TheoryData<string> Ids => [.. LeakMatrix.Rows.Select(r => r.Id)];

    [IsolationTheory(Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task Between_plain_worktrees(string id) => SeesAsync(id, null);

    [IsolationTheory(Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task At_the_cooperative_level(string id) => SeesAsync(id, SealLevel.Cooperative);

    [IsolationTheory(Tools.Landlock, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task At_the_guarded_level(string id) => SeesAsync(id, SealLevel.Guarded);

    [IsolationTheory(Tools.Bubblewrap, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task At_the_sealed_level(string id) => SeesAsync(id, SealLevel.Sealed);

    private static async Task SeesAsync(string id, SealLevel? level)
    {
        LeakObservation seen = await LeakMatrix.TryAsync(LeakMatrix.Rows.Single(r => r.Id == id), level);
        Assert.True(seen.IsAsExpected, seen.ToString());
    }
}
