using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// Line endings, idents and encodings are the same each time; a filter program may do as it likes, so where one would
// run git checks out.
internal sealed partial class CheckoutSettings(GitRepository repository)
{
    private string Config => Path.Combine(repository.CommonDirectory, "config");

    private string Attributes => Path.Combine(repository.CommonDirectory, "info", "attributes");

    // With HOME, for LFS, git would read attributes there, too.
    public GitSettings NoAttributesFromHome =>
        Elsewhere().IsMatch(Read(Config))
            ? []
            : [new("core.attributesFile", OperatingSystem.IsWindows() ? "NUL" : "/dev/null")];

    public string Key()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in new[] { Config, Attributes })
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Read(file)}\0"));
        }

        foreach ((string key, string value) in repository.Client.Environment.Config)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key}\0{value}\0"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public string? UnsupportedReason()
    {
        string config = Read(Config);
        return Directory.Exists(Path.Combine(repository.CommonDirectory, "reftable")) ? "its refs are in a table"
            : File.Exists(Path.Combine(repository.CommonDirectory, "config.worktree"))
            || File.Exists(Path.Combine(repository.CommonDirectory, "info", "sparse-checkout"))
                ? "it has settings for each worktree"
            : Elsewhere().IsMatch(config) ? "its config names other files"
            : Programs(config).AreNamedIn(Read(Attributes)) ? "its info/attributes names a filter"
            : null;
    }

    public async Task<bool> FiltersAsync(string commit, CancellationToken cancellationToken)
    {
        ConfiguredFilters programs = Programs(Read(Config));
        await foreach (
            (_, string? content) in GitAttributes.ReadAsync(repository, commit, cancellationToken).ConfigureAwait(false)
        )
        {
            // At checkout git takes where a link leads to for its text.
            if (content is null || programs.AreNamedIn(content))
            {
                return true;
            }
        }

        return false;
    }

    public string? UnsupportedReason(IndexFile index, string files)
    {
        string config = Read(Config);
        ConfiguredFilters programs = Programs(config);
        bool fold = IgnoresCase().IsMatch(config);
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < index.Count; i++)
        {
            ReadOnlySpan<byte> path = index.Path(i);
            if (
                GitAttributes.IsAttributesFile(path)
                && (
                    index.IsLink(i)
                    || Path.Combine(files, Encoding.UTF8.GetString(path)) is var file && !File.Exists(file)
                    || programs.AreNamedIn(Read(file))
                )
            )
            {
                return "its attributes name a filter, are a link, or are deeper than any path";
            }

            if (fold && !seen.Add(Encoding.UTF8.GetString(path)))
            {
                return "two of its names are one for the file system";
            }
        }

        return null;
    }

    private ConfiguredFilters Programs(string config) => new(repository, config);

    // As git does: a byte order mark means nothing.
    private static string Read(string path) =>
        File.Exists(path) ? Encoding.UTF8.GetString(File.ReadAllBytes(path)) : "";

    [GeneratedRegex(
        @"\[\s*include|(^|\])\s*(attributesfile|worktree|sparsecheckout)\b",
        RegexOptions.IgnoreCase | RegexOptions.Multiline
    )]
    private static partial Regex Elsewhere();

    [GeneratedRegex(
        @"^\s*(\[[^\]]*\]\s*)?ignorecase\s*(=\s*(true|yes|on|1)\s*)?$",
        RegexOptions.IgnoreCase | RegexOptions.Multiline
    )]
    private static partial Regex IgnoresCase();
}
