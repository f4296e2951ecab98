namespace Isolation.Sdk.Git;

/// <summary>What only the log of a ref still names: commits left by a reset, an amend or a checkout.</summary>
internal static class Reflog
{
    // Whose new commit has the old one among its parents, or above them.
    private static readonly string[] Descending =
    [
        "commit: ",
        "commit (merge): ",
        "commit (cherry-pick): ",
        "cherry-pick: ",
        "revert: ",
        "merge ",
        "am: ",
        "rebase (pick): ",
        "rebase (continue): ",
    ];

    // The newest first. Most workers do nothing but commit, and leave none but the last.
    public static IReadOnlyList<string> Tips(string log)
    {
        List<string> named = [];
        HashSet<string> above = [];
        foreach (string line in log.Split('\n'))
        {
            string[] ids = line.Split(' ', 3);
            if (ids.Length < 3)
            {
                continue;
            }

            string said = line[(line.IndexOf('\t') + 1)..];
            named.Add(ids[0]);
            named.Add(ids[1]);
            if (ids[0] != ids[1] && Descending.Any(d => said.StartsWith(d, StringComparison.Ordinal)))
            {
                above.Add(ids[0]);
            }
        }

        named.Reverse();
        return [.. named.Distinct().Where(id => !above.Contains(id) && id.Any(c => c != '0'))];
    }
}
