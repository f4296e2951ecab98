using System.Text;
using System.Text.RegularExpressions;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// Who commits, and what decides how files look. Nothing that runs by itself, no alias, no remote, no credential. Read
// again when the file has changed.
internal sealed partial class CloneSettings
{
    private static readonly string[] Carried = (
        "user.name user.email core.autocrlf core.eol core.safecrlf core.symlinks core.ignorecase "
        + "core.filemode core.precomposeunicode core.protecthfs core.protectntfs core.longpaths "
        + "core.whitespace core.bigfilethreshold core.compression core.attributesfile core.excludesfile "
        + "core.commentchar"
    ).Split(' ');

    private static readonly string[] CarriedPrefixes = ["filter.", "diff.", "merge.", "lfs.", "submodule."];

    // Where its own store is, and who may have what from a server, is not a clone's to inherit.
    private static readonly string[] NotCarried = ["lfs.storage", "merge.tool", "diff.tool", "diff.external"];
    private readonly AsyncCache<(string File, DateTime Written), GitSettings> _read = new();

    public Task<GitSettings> ReadAsync(GitRepository repository, CancellationToken cancellationToken)
    {
        string file = Path.Combine(repository.CommonDirectory, "config");
        return _read.GetAsync(
            (file, File.GetLastWriteTimeUtc(file)),
            async () =>
                Parse(
                    await repository
                        .RunAsync(CancellationToken.None, "config", "--local", "--includes", "--list", "-z")
                        .ConfigureAwait(false)
                ),
            cancellationToken
        );
    }

    // Where the repository comes from; null when from nowhere.
    public static string? OriginOf(GitSettings settings) =>
        settings.LastOrDefault(s => s.Key == "remote.origin.url").Value is { Length: > 0 } origin ? origin : null;

    public static IEnumerable<KeyValuePair<string, string>> Inherit(
        IEnumerable<KeyValuePair<string, string>> settings
    ) =>
        settings
            .Where(s => IsCarried(s.Key.ToLowerInvariant()))
            .Select(s => new KeyValuePair<string, string>(
                s.Key,
                IsAddress(s.Key) ? WithoutCredentials(s.Value) : s.Value
            ));

    public static string WithoutCredentials(string address) =>
        Web().IsMatch(address) ? UserOfWeb().Replace(address, "$1") : PasswordOf().Replace(address, "$1$2@");

    public static GitSettings Parse(GitResult list) =>
        [
            .. list
                .Fields.Select(f => f.Split('\n', 2))
                .Select(p => new KeyValuePair<string, string>(p[0], p.Length == 2 ? p[1] : "true")),
        ];

    public static string Write(IEnumerable<KeyValuePair<string, string>> settings)
    {
        StringBuilder text = new();
        foreach ((string key, string value) in settings)
        {
            int first = key.IndexOf('.'),
                last = key.LastIndexOf('.');
            string part = first == last ? "" : $" \"{Escape(key[(first + 1)..last])}\"";
            text.Append('[')
                .Append(key.AsSpan(0, first))
                .Append(part)
                .Append("]\n\t")
                .Append(key.AsSpan(last + 1))
                .Append(" = \"")
                .Append(Escape(value).Replace("\n", "\\n").Replace("\t", "\\t"))
                .Append("\"\n");
        }

        return text.ToString();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\").Replace("\"", "\\\"");

    private static bool IsCarried(string key) =>
        Carried.Contains(key)
        || (CarriedPrefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal)) && !NotCarried.Contains(key));

    private static bool IsAddress(string key) => key.EndsWith("url", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^https?://", RegexOptions.IgnoreCase)]
    private static partial Regex Web();

    [GeneratedRegex("^(https?://)[^/@]*@", RegexOptions.IgnoreCase)]
    private static partial Regex UserOfWeb();

    // Over ssh the user is part of the address.
    [GeneratedRegex("^([a-z][a-z0-9+.-]*://)([^/@:]*):[^/@]*@", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordOf();
}
