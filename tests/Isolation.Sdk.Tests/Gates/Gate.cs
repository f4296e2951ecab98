using System.Globalization;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>A rule that names everything that breaks it, in full.</summary>
internal static class Gate
{
    public static void HoldsUnless(IEnumerable<string?> broken) => HoldsAtMost(0, broken);

    /// <summary>A rule that is not kept everywhere yet: it may get better and never worse.</summary>
    public static void HoldsAtMost(int known, IEnumerable<string?> broken)
    {
        string[] all = [.. broken.OfType<string>()];
        Assert.True(
            all.Length <= known,
            string.Create(CultureInfo.InvariantCulture, $"{all.Length}, at most {known}:\n{string.Join('\n', all)}")
        );
    }
}
