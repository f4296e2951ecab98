using System.Text.RegularExpressions;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

internal sealed partial class ConfiguredFilters
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool _others;

    public ConfiguredFilters(GitRepository repository, string config)
    {
        foreach (
            (string key, _) in GitLfs
                .Config(repository)
                .Where(e => e.Key.StartsWith("filter.", StringComparison.OrdinalIgnoreCase))
        )
        {
            _names.Add(key["filter.".Length..Math.Max("filter.".Length, key.LastIndexOf('.'))]);
        }

        MatchCollection plain = Section().Matches(config);
        _names.UnionWith(plain.Select(m => m.Groups["name"].Value));
        // Written in a way that only git reads: whatever is named may be it.
        _others = plain.Count != AnySection().Count(config);
    }

    public bool AreNamedIn(string attributes) =>
        Named().Matches(attributes).Any(m => _others || _names.Contains(m.Groups["name"].Value));

    [GeneratedRegex("""\[filter(?:[ \t]+"(?<name>[^"\\\r\n]*)"|\.(?<name>[^]\s"\\.]+))\]""", RegexOptions.IgnoreCase)]
    private static partial Regex Section();

    [GeneratedRegex(@"\[\s*filter", RegexOptions.IgnoreCase)]
    private static partial Regex AnySection();

    [GeneratedRegex(@"filter=(?<name>[^ \t\r\n]*)")]
    private static partial Regex Named();
}
