using Isolation.Sdk.Leaks;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>Each channel leaks between plain worktrees, which proves its probe, and is at each level what the matrix
/// says.</summary>
public sealed class LeakMatrixTests
{
    // A machine's memory, name and clock, and the user's own build server, are not the tests' to disturb.
    private static readonly string[] NotTried = ["F11", "P20", "W11"];

    private static readonly SandboxLevel?[] Levels = [null, .. Enum.GetValues<SandboxLevel>()];

    public static TheoryData<string> Ids => [.. LeakMatrix.Rows.Select(r => r.Id)];

    [IsolationTheory(Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task Between_plain_worktrees(string id) => SeesAsync(id, null);

    [IsolationTheory(Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task At_the_cooperative_level(string id) => SeesAsync(id, SandboxLevel.Cooperative);

    [IsolationTheory(Tools.Landlock, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task At_the_restricted_level(string id) => SeesAsync(id, SandboxLevel.Restricted);

    [IsolationTheory(Tools.Bubblewrap, Tier = Tier.Ci, Timeout = 180_000)]
    [MemberData(nameof(Ids))]
    public Task At_the_sealed_level(string id) => SeesAsync(id, SandboxLevel.Sealed);

    [IsolationFact]
    public void Every_channel_is_tried_everywhere_but_for_those_that_harm_the_machine() =>
        Assert.Equal(
            NotTried,
            LeakMatrix
                .Rows.Where(row => Levels.Any(level => row.ExpectedAt(level).Outcome == LeakOutcome.NotTried))
                .Select(row => row.Id)
        );

    [IsolationTheory(DefaultRows = 1)]
    [InlineData("N06")]
    [InlineData("N18")]
    public async Task What_would_harm_its_process_is_tried_in_another(string id)
    {
        string before = Environment.CurrentDirectory;

        await SeesAsync(id, SandboxLevel.Cooperative);

        Assert.Equal(before, Environment.CurrentDirectory);
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_try_in_another_process_that_is_broken_off_ends_with_it()
    {
        using CancellationTokenSource stop = new();

        // The process is there when this returns, and takes seconds.
        Task<LeakObservation> tried = LeakMatrix.TryAsync(
            LeakMatrix.Rows.Single(r => r.Id == "N11"),
            (SandboxLevel?)null,
            stop.Token
        );
        int child = Assert.Single(Trying(), IsChild);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tried);
        Assert.DoesNotContain(child, Trying());
    }

    private static int[] Trying() => [.. ProcessScanner.Find([], "ISOLATION_LEAK_ROW=N11").Select(p => p.Id)];

    private static bool IsChild(int process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/status").Contains($"PPid:\t{Environment.ProcessId}");
        }
        catch (IOException)
        {
            return false; // Another's, that ended just now.
        }
    }

    private static async Task SeesAsync(string id, SandboxLevel? level)
    {
        LeakObservation seen = await LeakMatrix.TryAsync(LeakMatrix.Rows.Single(r => r.Id == id), level);
        Assert.True(seen.IsAsExpected, seen.ToString());
    }
}
