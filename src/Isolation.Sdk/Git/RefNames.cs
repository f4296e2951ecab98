namespace Isolation.Sdk.Git;

internal static class RefNames
{
    public const string Heads = "refs/heads/";

    public static string? BranchOf(string? name) =>
        name?.StartsWith(Heads, StringComparison.Ordinal) == true ? name[Heads.Length..] : null;

    public static string OfBranch(string branch) => Heads + branch;

    public static bool IsBranch(string name) =>
        name.Length > 0
        && name[0] != '-'
        && name[^1] != '.'
        && !name.Contains("..")
        && !name.Contains("@{")
        && !name.Any(c => c is <= ' ' or '\x7f' or '~' or '^' or ':' or '?' or '*' or '[' or '\\')
        && name.Split('/')
            .All(part => part.Length > 0 && part[0] != '.' && !part.EndsWith(".lock", StringComparison.Ordinal));
}
