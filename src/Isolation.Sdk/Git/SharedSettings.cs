using System.Collections.Frozen;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Git;

// The config file that all worktrees of a repository read: which of it can change what somebody makes, and which only
// says where to push, what to show, or what another tool remembers.
internal static class SharedSettings
{
    private const int MaxValue = 120;
    private const string Masked = "***";

    // What git reads while it makes or shows something. What is in no section of git's it does not read at all.
    private static readonly string[] Sections = (
        "add alias am apply attr checkout clean commit core diff extensions feature filter format gpg http i18n "
        + "include includeif index interactive lfs log mailmap merge notes pager partialclone pretty promisor "
        + "protocol rebase revert sequence sparse splitindex ssh stash status submodule tag trailer url user worktree"
    ).Split(' ');

    // "git sparse-checkout" turns the first on; each worktree then reads a file of its own beside this one.
    private static readonly string[] Harmless =
    [
        "extensions.worktreeconfig",
        "core.repositoryformatversion",
        "core.logallrefupdates",
        "lfs.repositoryformatversion",
    ];

    private static readonly string[] HarmlessEndings = [".access", ".locksverify"];

    // What "git lfs install --local" writes says what the library tells its workers anyway.
    private static readonly FrozenDictionary<string, string> OfLfs = new Dictionary<string, string>
    {
        ["filter.lfs.clean"] = "git-lfs clean -- %f",
        ["filter.lfs.smudge"] = "git-lfs smudge -- %f",
        ["filter.lfs.process"] = "git-lfs filter-process",
        ["filter.lfs.required"] = "true",
    }.ToFrozenDictionary();

    private static readonly string[] Secret = ["password", "token", "secret", "extraheader", "authorization"];
    private static readonly string[] Pinned =
    [
        .. GitEnvironment.Pinned.Select(p => p.Key.ToLowerInvariant()),
        "user.name",
        "user.email",
        "core.sparsecheckout",
        "core.sparsecheckoutcone",
        "index.sparse",
    ];

    public static bool IsInfluential(string key, string? value)
    {
        string section = key[..Math.Max(key.IndexOf('.'), 0)];
        return Sections.Contains(section)
            && !Harmless.Contains(key)
            && !(section == "lfs" && HarmlessEndings.Any(e => key.EndsWith(e, StringComparison.Ordinal)))
            && !(section == "submodule" && IsPlaceOfSubmodule(key))
            && !(OfLfs.TryGetValue(key, out string? usual) && (value is null || value == usual));
    }

    // What a capture, with its own pinned settings, could be misled by.
    public static string? Essence(string text) =>
        GitConfigText.Parse(text) is { } settings
            ? string.Join(
                '\n',
                settings
                    .Where(s => IsInfluential(s.Key, s.Value) && !Pinned.Contains(s.Key))
                    .Select(s => $"{s.Key}={s.Value}")
            )
            : null;

    // Each key with all its values.
    public static Dictionary<string, string>? Read(string text) =>
        GitConfigText
            .Parse(text)
            ?.GroupBy(s => s.Key, s => s.Value)
            .ToDictionary(g => g.Key, g => string.Join(", ", g), StringComparer.Ordinal);

    public static string Show(string key, string value) =>
        Secret.Any(s => key.Contains(s, StringComparison.OrdinalIgnoreCase))
        || (key.StartsWith("credential.", StringComparison.Ordinal) && value.Contains('='))
            ? Masked
            : PlainText.SingleLine(WithoutPassword(value), MaxValue);

    private static string WithoutPassword(string value)
    {
        int scheme = value.IndexOf("://", StringComparison.Ordinal);
        int end = scheme < 0 ? -1 : value.IndexOfAny(['/', ' ', ','], scheme + 3);
        int at = scheme < 0 ? -1 : value.LastIndexOf('@', (end < 0 ? value.Length : end) - 1);
        return at > scheme + 2 ? $"{value[..(scheme + 3)]}{Masked}{value[at..]}" : value;
    }

    // As a remote's: "git submodule init" copies it from .gitmodules.
    private static bool IsPlaceOfSubmodule(string key) =>
        key.EndsWith(".url", StringComparison.Ordinal) || key.EndsWith(".active", StringComparison.Ordinal);
}
