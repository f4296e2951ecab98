namespace Isolation.Sdk.Tests.Gates;

/// <summary>A rule that names everything that breaks it, in full.</summary>
internal static class Gate
{
    public static void HoldsUnless(IEnumerable<string?> broken)
    {
        string[] all = [.. broken.OfType<string>()];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }
}
