using System.Text.RegularExpressions;

namespace Isolation.Sdk.Merging;

/// <summary>What git says of a remote, fit to be shown.</summary>
internal static partial class RemoteText
{
    /// <summary>One line without credentials.</summary>
    public static string Line(string text) => Credentials().Replace(text.Trim().ReplaceLineEndings(" "), "://***@");

    [GeneratedRegex("://[^/@ ]*@")]
    private static partial Regex Credentials();
}
