namespace Isolation.Sdk.Git;

internal static class GitCodes
{
    public const string CommandFailed = "ISO0201";
    public const string GitMissing = "ISO0202";
    public const string GitTooOld = "ISO0203";
    public const string NotARepository = "ISO0204";
    public const string DubiousOwnership = "ISO0205";
    public const string UnknownRevision = "ISO0206";
    public const string EmptyRepository = "ISO0207";
    public const string RefMoved = "ISO0208";
    public const string BadPath = "ISO0209";
    public const string FetchFailed = "ISO0210";
    public const string UnexpectedOutput = "ISO0211";
    public const string Locked = "ISO0212";
    public const string AmbiguousRevision = "ISO0213";
    public const string UnsupportedRepository = "ISO0214";
}
