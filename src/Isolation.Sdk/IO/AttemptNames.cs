using System.Globalization;

namespace Isolation.Sdk.IO;

/// <summary>What an attempt is called where a raw id must not go.</summary>
internal static class AttemptNames
{
    public const string AttemptsPrefix = "refs/isolation/attempts/";

    public static string FileName(AttemptId attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"{Slug.Of(attempt.Item)}.{attempt.Number}");

    // The ref that issues the attempt and later pins what it made: 'refs/isolation/attempts/auth-123/2'.
    public static string RefName(AttemptId attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"{AttemptsPrefix}{Slug.Of(attempt.Item)}/{attempt.Number}");

    // Where what an attempt left on other refs is pinned: 'refs/isolation/extra/auth-123/2/'.
    public static string ExtraRefsPrefix(AttemptId attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"refs/isolation/extra/{Slug.Of(attempt.Item)}/{attempt.Number}/");
}
