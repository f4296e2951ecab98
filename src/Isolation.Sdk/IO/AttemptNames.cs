namespace Isolation.Sdk.IO;

// What an attempt is called where a raw id must not go.
internal static class AttemptNames
{
    public const string AttemptsPrefix = "refs/isolation/attempts/";
    public const string ExtraPrefix = "refs/isolation/extra/";

    public static string FileName(AttemptId attempt) => $"{Slug.Of(attempt.Item)}.{attempt.Number}";

    // refs/isolation/attempts/auth-123/2: issues the attempt, and later pins what it made.
    public static string RefName(AttemptId attempt) => $"{AttemptsPrefix}{Slug.Of(attempt.Item)}/{attempt.Number}";

    // refs/isolation/extra/auth-123/2/: what the attempt left on other refs.
    public static string ExtraRefsPrefix(AttemptId attempt) =>
        $"{ExtraPrefix}{Slug.Of(attempt.Item)}/{attempt.Number}/";
}
